/**
 * What happens now, for all readers of this process: one ordered consumer on each EVENTS stream, fanned out here, so
 * that a thousand open panels cost JetStream three consumers.
 */
import { EventEnvelope, eventsStreamOf, LOGGED_SERVICES, type LoggedService } from '@citrus/contracts';
import type { Logger } from '@citrus/kit-messaging';
import { LOGGER, NATS } from '@citrus/kit-service';
import { DeliverPolicy, jetstream, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Mailbox } from '../live/mailbox.ts';
import { pause } from '../live/pause.ts';
import type { LiveSignal } from './follow-events.ts';

const TRY_AGAIN_AFTER_MS = 1000;

@Injectable()
export class LiveEvents implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #readers = new Set<Mailbox<LiveSignal>>();
  readonly #stopping = new AbortController();
  readonly #open = new Map<LoggedService, ConsumerMessages>();

  constructor(
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    for (const service of LOGGED_SERVICES) void this.#run(service);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#open.values()].map((messages) => messages.close()));
  }

  /** From now on the mailbox gets every event; the function given back ends it. */
  add(reader: Mailbox<LiveSignal>): () => void {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  #tell(signal: LiveSignal): void {
    for (const reader of this.#readers) reader.put(signal);
  }

  /** For as long as the process lives: a stream may be missing, or be made anew by its owner. */
  async #run(service: LoggedService): Promise<void> {
    const { signal } = this.#stopping;
    let said = '';
    while (!signal.aborted) {
      try {
        await this.#consume(service);
        said = '';
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== said && !signal.aborted) this.logger.warn({ event: 'live.interrupted', stream: eventsStreamOf(service), reason }, 'the live feed of a log is interrupted; trying again');
        said = reason;
      }
      await pause(TRY_AGAIN_AFTER_MS, signal);
    }
  }

  async #consume(service: LoggedService): Promise<void> {
    const consumer = await jetstream(this.nats).consumers.get(eventsStreamOf(service), { deliver_policy: DeliverPolicy.New });
    const messages = await consumer.consume();
    this.#open.set(service, messages);
    // Whatever happened while nobody listened is read from the log.
    this.#tell({ service });
    for await (const message of messages) {
      const event = EventEnvelope.safeParse(message.json());
      this.#tell(event.success ? { service, event: event.data } : { service });
    }
    this.#open.delete(service);
  }
}
