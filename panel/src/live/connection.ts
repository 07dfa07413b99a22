/** What a live stream goes through, as a pure reducer: when it is up, when to try again, when it is over. */
export type Connection = {
  readonly phase: 'connecting' | 'open' | 'waiting' | 'ended';
  /** The last message's id; the hub continues after it. */
  readonly lastId: string;
  readonly failures: number;
};

export type ConnectionStep =
  | { readonly type: 'opened' }
  | { readonly type: 'received'; readonly id: string }
  /** The line broke, was silent for too long, or the hub said "later". */
  | { readonly type: 'lost' }
  | { readonly type: 'retried' }
  /** The hub said no, or everything was said. */
  | { readonly type: 'ended' };

export const initialConnection = (lastId = ''): Connection => ({ phase: 'connecting', lastId, failures: 0 });

export const nextConnection = (connection: Connection, step: ConnectionStep): Connection => {
  if (connection.phase === 'ended') return connection;
  switch (step.type) {
    case 'opened': return { ...connection, phase: 'open' };
    // Only a message proves that the line works: a hub that accepts and drops must not be asked without a pause.
    case 'received': return { phase: 'open', lastId: step.id === '' ? connection.lastId : step.id, failures: 0 };
    case 'lost': return { ...connection, phase: 'waiting', failures: connection.failures + 1 };
    case 'retried': return { ...connection, phase: 'connecting' };
    case 'ended': return { ...connection, phase: 'ended' };
  }
};

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8000;

/** Doubles with each failure; `chance` (0 to 1) spreads panels that lost the same hub. */
export const retryDelayMs = (failures: number, chance: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1)) * (0.75 + chance / 2);

/** 4xx is an answer, not an outage, except the ones that mean "later". */
export const isFinal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
