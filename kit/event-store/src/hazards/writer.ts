/** A caller of the log as impatient and as forgetful as real ones: it repeats what had no answer and what had one. */
import { Unavailable } from '@citrus/kit-domain';
import { pause } from '../database/pause.ts';
import { StreamChanged } from '../errors.ts';
import type { AppendContext, AppendResult, EventStore, NewEvent, StreamAppend } from '../event-store.port.ts';
import { newId } from '../uuid.ts';
import type { Chance } from './chance.ts';

/** What the log has promised to keep. */
export type Acknowledged = { readonly commandId: string; readonly stream: string; readonly events: number; readonly version: number; readonly position: number };
/** What the log has refused, and must not hold. */
export type Refused = { readonly commandId: string; readonly refused: true };
export type Outcome = Acknowledged | Refused;

const STREAMS = 8;
const TRY_AGAIN_AFTER_MS = 20;

const newEvent = (chance: Chance): NewEvent => (chance.below(4) === 0 ? { type: 'Noted', data: { text: 'ü\n"\\' } } : { type: 'Added', data: { amount: chance.below(100) } });

const newAppend = (chance: Chance, stream: string): StreamAppend => ({
  stream,
  // The streams are shared, so that a guessed version is usually wrong.
  expected: chance.below(6) === 0 ? chance.below(20) : 'any',
  events: Array.from({ length: 1 + chance.below(3) }, () => newEvent(chance)),
});

/** One or two streams of those that all writers share. */
const newAppends = (chance: Chance): StreamAppend[] => {
  const first = chance.below(STREAMS);
  const others = chance.below(5) === 0 ? [(first + 1 + chance.below(STREAMS - 1)) % STREAMS] : [];
  return [first, ...others].map((number) => newAppend(chance, `account-${number}`));
};

/** Until there is an answer; the same command, so that it counts once. */
const insist = async (store: EventStore, appends: readonly StreamAppend[], context: AppendContext): Promise<readonly AppendResult[] | undefined> => {
  for (;;) {
    try {
      return await store.appendAll(appends, context);
    } catch (error) {
      if (error instanceof StreamChanged) return undefined;
      if (!(error instanceof Unavailable)) throw error;
      await pause(TRY_AGAIN_AFTER_MS);
    }
  }
};

/** Appends to shared streams until it is told to stop; tells every outcome. */
export const write = async ({ store, chance, tell }: { store: EventStore; chance: Chance; tell: (outcome: Outcome) => void }, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const context: AppendContext = { commandId: newId(), actor: { kind: 'service', id: 'hazard' }, correlationId: 'hazard' };
    const appends = newAppends(chance);
    // Somebody who has forgotten that it was done asks again.
    for (let times = chance.below(5) === 0 ? 2 : 1; times > 0; times -= 1) {
      const results = await insist(store, appends, context);
      if (!results) tell({ commandId: context.commandId, refused: true });
      results?.forEach(({ version, position }, index) => tell({ commandId: context.commandId, stream: appends[index]?.stream ?? '', events: appends[index]?.events.length ?? 0, version, position }));
      if (!results) break;
    }
  }
};
