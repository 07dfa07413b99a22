/** The JetStream copy of a log: asking where it stands, and making it again when it is gone or is of another log. */
import { eventsStream, type LoggedService } from '@citrus/contracts';
import { JetStreamApiCodes, JetStreamApiError, StorageType, type JetStreamManager } from '@nats-io/jetstream';
import type { Logger } from '../event-store.port.ts';

/** A stream made again starts this far behind the log's head; readers further back read the log itself. */
const REFILLED_EVENTS = 10_000;

/** The stream's last sequence is the last position that it has. */
export type FeedStream = { lastSequence(readHead: () => Promise<number>): Promise<number> };

export const feedStream = (jsm: JetStreamManager, service: LoggedService, logger: Logger | undefined): FeedStream => {
  const { name, subjects } = eventsStream(service);

  const lastKept = async (): Promise<number | undefined> => {
    try {
      return (await jsm.streams.info(name)).state.last_seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
      throw error;
    }
  };

  const create = async (head: number): Promise<number> => {
    const first_seq = Math.max(1, head - REFILLED_EVENTS + 1);
    const { state } = await jsm.streams.add({ name, subjects: [...subjects], storage: StorageType.File, first_seq });
    logger?.warn({ stream: name, first_seq }, 'made the stream of events anew');
    return state.last_seq;
  };

  return {
    lastSequence: async (readHead) => {
      const last = await lastKept();
      // The head after the stream's last: whatever was copied had been in the log before.
      const head = await readHead();
      if (last !== undefined && last <= head) return last;
      if (last !== undefined) {
        logger?.error({ stream: name, last, head }, 'the stream has more than its log, so it was copied from another one; it is made anew');
        await jsm.streams.delete(name);
      }
      return create(head);
    },
  };
};
