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
import type { z } from 'zod';
import type { Mailbox } from '../live/mailbox.ts';
import { onReconnect } from '../live/reconnect.ts';
import type { LiveSignal } from './follow-events.ts';

/** All that a listener goes by. To read the whole of an event costs five times as much, and most are heard while nobody follows. */
const EventPlace = EventEnvelope.pick({ position: true, projectId: true });
/** `event` is left out when the live source was interrupted: anything may have been missed. */
export type HeardSignal = { readonly service: LoggedService; readonly event?: z.infer<typeof EventPlace> };

const readAs = <Event>(schema: z.ZodType<Event>, message: Msg): Event | undefined => {
  try {
    return schema.safeParse(message.json()).data;
  } catch {
    return undefined;
  }
};

@Injectable()
export class LiveEvents implements OnApplicationBootstrap {
  readonly #readers = new Set<Mailbox<LiveSignal>>();
  readonly #listeners: ((signal: HeardSignal) => void)[] = [];

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

  /** Called with the place of every event, for as long as the process runs. */
  listen(listener: (signal: HeardSignal) => void): void {
    this.#listeners.push(listener);
  }

  #hear(service: LoggedService, message: Msg): void {
    if (this.#readers.size === 0) {
      const place = readAs(EventPlace, message);
      this.#tellListeners({ service, ...(place && { event: place }) });
      return;
    }
    const event = readAs(EventEnvelope, message);
    this.#tell({ service, ...(event && { event: { service, ...event } }) });
  }

  #tellListeners(signal: HeardSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }

  #tell(signal: LiveSignal): void {
    this.#tellListeners(signal);
    for (const reader of this.#readers) reader.put(signal);
  }
}
