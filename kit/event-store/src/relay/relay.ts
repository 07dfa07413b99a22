/**
 * Copies the log to JetStream, one message an event. The stream's sequence is the position, so the stream itself says
 * what comes next, and each message is taken only behind its predecessor: a second relay, a repeated publish or a
 * reordered one is refused by the server. There is no checkpoint that could be wrong. A stream that lost its tail is
 * filled up from the log; one that is gone is made anew.
 */
import { eventsStreamOf, subjects, type EventEnvelope, type LoggedService } from '@citrus/contracts';
import { jetstream, jetstreamManager, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { whileLeading } from '../database/connection.ts';
import type { EventStore, Logger } from '../event-store.port.ts';
import { feedStream, type FeedStream } from './feed-stream.ts';
import { backoffMs, pause } from '../database/pause.ts';
import { startWakeUp, type WakeUp } from '../database/wake-up.ts';

export type RelayStatus = { readonly leading: boolean; /** The last event that JetStream has. */ readonly position: number; readonly error?: string };
export type Relay = { status(): RelayStatus; stop(): Promise<void> };

/** Trying again is harmless, so a server that was killed is not waited for. */
const JETSTREAM_TIMEOUT_MS = 2000;
/** In flight at once; they arrive in order, because one connection sends them. */
const WINDOW = 256;

const publish = (js: JetStreamClient, service: LoggedService, event: EventEnvelope) =>
  js.publish(subjects.event(service, event.stream, event.type), JSON.stringify(event), {
    expect: { streamName: eventsStreamOf(service), lastSequence: event.position - 1 },
    timeout: JETSTREAM_TIMEOUT_MS,
  });

/** Publishes the events behind the stream's last. False when there were none. */
const relayPage = async ({ js, service, store, stream }: { js: JetStreamClient; service: LoggedService; store: EventStore; stream: FeedStream }, onReached: (position: number) => void): Promise<boolean> => {
  const last = await stream.lastSequence(() => store.head());
  onReached(last);
  const { events } = await store.read({ after: last, limit: WINDOW, as: 'stored' });
  const outcomes = await Promise.allSettled(events.map((event) => publish(js, service, event)));
  const failed = outcomes.findIndex(({ status }) => status === 'rejected');
  const done = events[(failed === -1 ? events.length : failed) - 1];
  if (done) onReached(done.position);
  const outcome = outcomes[failed];
  if (outcome?.status === 'rejected') throw outcome.reason;
  return events.length > 0;
};

export const startRelay = (options: { databaseUrl: string; nats: NatsConnection; service: LoggedService; store: EventStore; wakeUp?: WakeUp; logger?: Logger | undefined }): Relay => {
  const { databaseUrl, nats, service, store, logger } = options;
  const stopping = new AbortController();
  const wakeUp = options.wakeUp ?? startWakeUp({ databaseUrl, logger });
  let status: RelayStatus = { leading: false, position: 0 };

  const lead = async (signal: AbortSignal): Promise<void> => {
    const bell = wakeUp.subscribe();
    const js = jetstream(nats);
    let stream: FeedStream | undefined;
    for (let failures = 0; !signal.aborted; ) {
      try {
        stream ??= feedStream(await jetstreamManager(nats, { checkAPI: false, timeout: JETSTREAM_TIMEOUT_MS }), service, logger);
        const found = await relayPage({ js, service, store, stream }, (position) => (status = { leading: true, position }));
        failures = 0;
        if (!found) await bell.next(signal);
      } catch (error) {
        failures += 1;
        status = { ...status, error: error instanceof Error ? error.message : String(error) };
        logger?.warn({ err: error, service, failures }, 'the relay failed; it asks JetStream where it stands and goes on');
        await pause(backoffMs(failures), signal);
      }
    }
    bell.close();
    status = { leading: false, position: status.position };
  };

  const running = whileLeading({ databaseUrl, name: `citrus relay ${service}`, signal: stopping.signal, logger }, lead);
  return {
    status: () => status,
    stop: async () => {
      stopping.abort();
      await running;
      if (!options.wakeUp) await wakeUp.stop();
    },
  };
};
