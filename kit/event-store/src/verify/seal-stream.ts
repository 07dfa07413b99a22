/** The seals' copy on NATS, in a stream that refuses to forget; whoever may read it keeps a copy that we cannot reach. */
import { SEALS_STREAM, subjects, type LoggedService } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { jetstream, JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { lineOf, parseSeal, type Seal } from './seal.ts';

const TIMEOUT_MS = 2000;

export type SealStream = {
  /** All of them; those that were read before are not fetched again, because the stream keeps what it has. */
  read(): Promise<{ readonly seals: Seal[]; readonly damaged: number }>;
  add(seal: Seal): Promise<void>;
};

const isNoMore = (error: unknown): boolean => error instanceof JetStreamApiError && error.code === JetStreamApiCodes.NoMessageFound;

export const openSealStream = (nats: NatsConnection, service: LoggedService): SealStream => {
  const subject = subjects.seal(service);
  const seals: Seal[] = [];
  let [next, damaged] = [1, 0];
  let reading: Promise<void> = Promise.resolve();

  const readOn = async (): Promise<void> => {
    const { direct } = await jetstreamManager(nats, { checkAPI: false, timeout: TIMEOUT_MS });
    for (;;) {
      const message = await direct.getMessage(SEALS_STREAM, { seq: next, next_by_subj: subject });
      if (!message) return;
      const seal = parseSeal(message.string());
      if (seal) seals.push(seal);
      else damaged += 1;
      next = message.seq + 1;
    }
  };

  return {
    read: async () => {
      // One after the other, so that none is counted twice.
      const mine = reading.then(readOn);
      reading = mine.catch(() => undefined);
      try {
        await mine;
      } catch (error) {
        if (!isNoMore(error)) throw new Unavailable('The stream of seals cannot be read at the moment. Try again soon.', { cause: error });
      }
      return { seals: [...seals], damaged };
    },
    add: async (seal) => {
      await jetstream(nats).publish(subject, lineOf(seal), { expect: { streamName: SEALS_STREAM }, timeout: TIMEOUT_MS });
    },
  };
};
