/** All live streams of this process: counted, and ended when their sign-in or the process ends. */
import { Unauthenticated, Unavailable } from '@citrus/kit-domain';
import { REGISTRY } from '@citrus/kit-service';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import { streamLines } from '../history/ndjson.ts';
import { TooManyRequests } from '../http/rate-limit.ts';
import type { Visit } from '../http/visit.ts';
import { Revocations } from '../session/revocations.ts';
import { stream, type Source } from './sse.ts';
import { streamText, type Text } from './text.ts';

/** Each costs requests to other services every few seconds; a person with many windows has a few dozen. */
const MOST_OF_ONE_PERSON = 50;
const TRY_AGAIN_AFTER_MS = 10_000;

@Injectable()
export class LiveStreams implements BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  readonly #readers: Gauge;
  readonly #ofPerson = new Map<string, number>();

  constructor(
    @Inject(REGISTRY) registry: Registry,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {
    this.#readers = new Gauge({ name: 'citrus_live_readers', help: 'Open live streams', registers: [registry] });
  }

  /**
   * See `stream`; it also ends when the visit's access token runs out, or is no longer good.
   * @throws TooManyRequests before anything was answered
   */
  tell(reply: FastifyReply, visit: Visit, source: Source): Promise<void> {
    return this.#counted(visit, (revoked) => stream(reply, AbortSignal.any([this.#stopping.signal, visit.expiry(), revoked]), source));
  }

  /**
   * See `streamLines`; when the access token runs out or the process stops before all is told, the last line says so.
   * @throws TooManyRequests before anything was answered
   */
  tellLines(reply: FastifyReply, visit: Visit, lines: (signal: AbortSignal) => AsyncGenerator<string, void>): Promise<void> {
    const over = new AbortController();
    visit.expiry().addEventListener('abort', () => over.abort(new Unauthenticated('Your sign-in ran out while this was told; sign in again and go on after the last line.', 'session.expired')));
    this.#stopping.signal.addEventListener('abort', () => over.abort(new Unavailable('The hub is restarting; go on after the last line.')), { signal: over.signal });
    return this.#counted(visit, async (revoked) => {
      if (revoked.aborted) over.abort(revoked.reason);
      revoked.addEventListener('abort', () => over.abort(revoked.reason), { signal: over.signal });
      await streamLines(reply, { until: over.signal, correlationId: visit.correlationId, lines });
    }).finally(() => over.abort());
  }

  /**
   * See `streamText`; it breaks off when the access token runs out, or is no longer good.
   * @throws TooManyRequests before anything was answered
   */
  tellText(reply: FastifyReply, visit: Visit, text: Text): Promise<void> {
    return this.#counted(visit, (revoked) => streamText(reply, AbortSignal.any([this.#stopping.signal, visit.expiry(), revoked]), text));
  }

  async #counted(visit: Visit, work: (revoked: AbortSignal) => Promise<void>): Promise<void> {
    const { userId } = visit.caller;
    const open = this.#ofPerson.get(userId) ?? 0;
    if (open >= MOST_OF_ONE_PERSON) throw new TooManyRequests(TRY_AGAIN_AFTER_MS, 'You have too many live streams open; close some windows and try again.');
    this.#ofPerson.set(userId, open + 1);
    this.#readers.inc();
    const watch = this.revocations.watch(visit.caller, visit.token);
    try {
      await work(watch.signal);
    } finally {
      watch.stop();
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
