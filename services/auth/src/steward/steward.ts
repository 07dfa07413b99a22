/**
 * The steward of the logs' streams. Whoever may make a stream may have the broker republish its messages to any subject
 * of CONTROL, and so speak as anybody; no service may. A log's owner asks for its own stream, and what that stream is
 * stands in contracts: from the request comes where it begins, and nothing else (ADR 0012).
 */
import type { LoggedService, RemakeEventsStream } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { remakeWith } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { z } from 'zod';

export type Steward = {
  remake(service: LoggedService, wanted: z.infer<typeof RemakeEventsStream>): Promise<void>;
  stop(): Promise<void>;
};

const TIMEOUT_MS = 3000;

/** @param connect resolves when the broker lets the steward in; until then it refuses with a reason */
export const createSteward = ({ connect, logger }: { connect: (signal: AbortSignal) => Promise<NatsConnection>; logger: Logger }): Steward => {
  const stopping = new AbortController();
  let nats: NatsConnection | undefined;
  /** One after the other: replicas and repeats are kept apart by what the stream was, not by this. */
  let last: Promise<unknown> = Promise.resolve();
  const connecting = connect(stopping.signal).then(
    (connected) => (nats = connected),
    (error: unknown) => void (!stopping.signal.aborted && logger.error({ event: 'steward.refused', err: error }, 'the steward of the streams cannot sign in; run the bootstrap and restart auth')),
  );

  const remake: Steward['remake'] = async (service, wanted) => {
    if (!nats) throw new Unavailable('The steward of the streams is not connected to NATS yet; it goes on trying.');
    await remakeWith(await jetstreamManager(nats, { checkAPI: false, timeout: TIMEOUT_MS }), service)(wanted);
    logger.warn({ event: 'steward.remade', stream_of: service, first_sequence: wanted.firstSequence, instead_of: wanted.insteadOf }, 'put the stream of a log in order, as its owner asked');
  };
  return {
    remake: (service, wanted) => {
      const mine = last.then(() => remake(service, wanted));
      last = mine.catch(() => undefined);
      return mine;
    },
    stop: async () => {
      stopping.abort();
      await connecting;
      await nats?.close();
    },
  };
};
