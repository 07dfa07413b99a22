/**
 * What happens now, for all readers of this process. The relays' messages are heard as they are published to JetStream,
 * by plain subscription: no consumer at all, however many panels are open. That loses messages when the connection
 * breaks, which is no harm: positions are dense, a reader notices the hole and reads the log. Why not ordered
 * consumers: after a restart of the broker the client's (3.4.0) asks for one more message and then never again.
 */
import { EventEnvelope, LOGGED_SERVICES, subjects, type LoggedService } from '@citrus/contracts';
import { NATS } from '@citrus/kit-service';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Mailbox } from '../live/mailbox.ts';
import { onReconnect } from '../live/reconnect.ts';
import type { LiveSignal } from './follow-events.ts';

const eventIn = (message: Msg): EventEnvelope | undefined => {
  try {
    return EventEnvelope.safeParse(message.json()).data;
  } catch {
    return undefined;
  }
};

@Injectable()
export class LiveEvents implements OnApplicationBootstrap {
  readonly #readers = new Set<Mailbox<LiveSignal>>();
  readonly #listeners: ((signal: LiveSignal) => void)[] = [];

  constructor(@Inject(NATS) private readonly nats: NatsConnection) {}

  onApplicationBootstrap(): void {
    for (const service of LOGGED_SERVICES) this.nats.subscribe(subjects.eventsOf(service), { callback: (error, message) => void (!error && this.#hear(service, message)) });
    void onReconnect(this.nats, () => LOGGED_SERVICES.forEach((service) => this.#tell({ service })));
  }

  /** From now on the mailbox gets every event; the function given back ends it. */
  add(reader: Mailbox<LiveSignal>): () => void {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** Called with every event, for as long as the process runs. */
  listen(listener: (signal: LiveSignal) => void): void {
    this.#listeners.push(listener);
  }

  #hear(service: LoggedService, message: Msg): void {
    if (this.#readers.size === 0 && this.#listeners.length === 0) return;
    const event = eventIn(message);
    this.#tell({ service, ...(event && { event: { service, ...event } }) });
  }

  #tell(signal: LiveSignal): void {
    for (const listener of this.#listeners) listener(signal);
    for (const reader of this.#readers) reader.put(signal);
  }
}
