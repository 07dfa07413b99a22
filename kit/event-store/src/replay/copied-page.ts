/** One page of a replay: a COPY on a connection of its own, which goes back to the pool only when all of it was read. */
import type { Pool, PoolClient } from 'pg';
import { CopyStream } from './copy-stream.ts';
import { columnsOf, type ReplayedEvent } from './replayed-event.ts';

export type CopiedPage = {
  readonly after: number;
  readonly upTo: number;
  /** Once. Pieces in order, as they arrive and never empty. */
  read(): AsyncGenerator<readonly ReplayedEvent[], void, undefined>;
  /** How much was read. */
  bytes(): number;
  /** Ends it at once if it has not ended; may be called at any time and again. */
  close(): Promise<void>;
};

type Started = { readonly client: PoolClient; readonly copy: CopyStream };

const start = async (pool: Pool, rows: ConstructorParameters<typeof CopyStream>[0]): Promise<Started> => {
  const client = await pool.connect();
  const copy = client.query(new CopyStream(rows));
  // Heard by whoever reads; but a page that was fetched ahead and is closed unread has no reader.
  copy.on('error', () => undefined);
  return { client, copy };
};

type Asked = { readonly after: number; readonly upTo: number; readonly conditions: readonly string[]; readonly proof: boolean };

/** Asks for the page at once; its beginning is here or on its way when it is read. */
export const openPage = (pool: Pool, { after, upTo, conditions, proof }: Asked): CopiedPage => {
  const where = [`position > ${after}`, `position <= ${upTo}`, ...conditions].join(' and ');
  const starting = start(pool, { columns: columnsOf({ proof }), from: `from public.events where ${where} order by position` });
  // A failure is told to the reader, or to nobody when the page is closed unread.
  starting.catch(() => undefined);
  let isReleased = false;
  let copy: CopyStream | undefined;

  const release = ({ client, copy }: Started, isDone: boolean): void => {
    if (isReleased) return;
    isReleased = true;
    client.release(!isDone);
    if (!isDone) copy.destroy(new Error('the replay was stopped'));
  };

  return {
    after,
    upTo,
    bytes: () => copy?.bytes ?? 0,
    read: async function* () {
      const started = await starting;
      ({ copy } = started);
      yield* started.copy as AsyncIterable<readonly ReplayedEvent[]>;
      release(started, true);
    },
    close: async () => {
      try {
        release(await starting, false);
      } catch {
        // It never began.
      }
    },
  };
};
