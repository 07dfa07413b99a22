/** All live streams of this process: counted, and ended when their session or the process ends. */
import { REGISTRY } from '@citrus/kit-service';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import type { Visit } from '../http/visit.ts';
import { stream, type SseMessage } from './sse.ts';

@Injectable()
export class LiveStreams implements BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  readonly #readers: Gauge;

  constructor(@Inject(REGISTRY) registry: Registry) {
    this.#readers = new Gauge({ name: 'citrus_live_readers', help: 'Open live streams', registers: [registry] });
  }

  /** See `stream`; it also ends when the visit's access token runs out. */
  async tell(reply: FastifyReply, visit: Visit, source: (signal: AbortSignal) => AsyncIterable<SseMessage>): Promise<void> {
    this.#readers.inc();
    try {
      await stream(reply, AbortSignal.any([this.#stopping.signal, visit.expiry()]), source);
    } finally {
      this.#readers.dec();
    }
  }

  beforeApplicationShutdown(): void {
    this.#stopping.abort();
  }
}
