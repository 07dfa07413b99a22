/** All live streams of this process: counted, and ended when their session or the process ends. */
import { REGISTRY } from '@citrus/kit-service';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import { TooManyRequests } from '../http/rate-limit.ts';
import type { Visit } from '../http/visit.ts';
import { stream, type SseMessage } from './sse.ts';

/** Each costs requests to other services every few seconds; a person with many windows has a few dozen. */
const MOST_OF_ONE_PERSON = 50;
const TRY_AGAIN_AFTER_MS = 10_000;

@Injectable()
export class LiveStreams implements BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  readonly #readers: Gauge;
  readonly #ofPerson = new Map<string, number>();

  constructor(@Inject(REGISTRY) registry: Registry) {
    this.#readers = new Gauge({ name: 'citrus_live_readers', help: 'Open live streams', registers: [registry] });
  }

  /**
   * See `stream`; it also ends when the visit's access token runs out.
   * @throws TooManyRequests before anything was answered
   */
  async tell(reply: FastifyReply, visit: Visit, source: (signal: AbortSignal) => AsyncIterable<SseMessage>): Promise<void> {
    const { userId } = visit.caller;
    const open = this.#ofPerson.get(userId) ?? 0;
    if (open >= MOST_OF_ONE_PERSON) throw new TooManyRequests(TRY_AGAIN_AFTER_MS, 'You have too many live streams open; close some windows and try again.');
    this.#ofPerson.set(userId, open + 1);
    this.#readers.inc();
    try {
      await stream(reply, AbortSignal.any([this.#stopping.signal, visit.expiry()]), source);
    } finally {
      this.#readers.dec();
      this.#leave(userId);
    }
  }

  #leave(userId: string): void {
    const left = (this.#ofPerson.get(userId) ?? 1) - 1;
    if (left > 0) this.#ofPerson.set(userId, left);
    else this.#ofPerson.delete(userId);
  }

  beforeApplicationShutdown(): void {
    this.#stopping.abort();
  }
}
