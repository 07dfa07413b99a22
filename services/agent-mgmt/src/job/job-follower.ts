/**
 * Tells the outside that a job has changed, once the read models show it: a reader who is told and asks again sees the
 * change. Every replica tells; being told twice is harmless. It begins a little before the end of the log, because its
 * predecessor may have died before it told.
 */
import { aggregateIdOf, aggregateOf, jobChangedSubject } from '@citrus/contracts';
import type { Bell, EventStore, Projections, WakeUp } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/nats-core';

const BEGIN_BEFORE_END = 200;
const PAGE = 500;

export type FollowerParts = { readonly store: EventStore; readonly projections: Projections; readonly wakeUp: WakeUp; readonly nats: NatsConnection; readonly logger: Logger; readonly onChange: () => void };

export class JobFollower {
  readonly #stopping = new AbortController();
  #position: number | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: FollowerParts) {}

  start(): void {
    this.#running = this.#run(this.parts.wakeUp.subscribe());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(bell: Bell): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await this.#tellPage()));
      } catch (error) {
        if (!signal.aborted) this.parts.logger.warn({ event: 'jobs.untold', err: error }, 'could not follow the log to tell about changed jobs; trying again');
      }
      await bell.next(signal);
    }
    bell.close();
  }

  /** False at the end of the log. */
  async #tellPage(): Promise<boolean> {
    const { store, projections, nats, onChange } = this.parts;
    const after = (this.#position ??= Math.max(0, (await store.head()) - BEGIN_BEFORE_END));
    const { events } = await store.read({ after, limit: PAGE, as: 'stored' });
    const last = events.at(-1);
    if (!last) return false;
    await projections.reached(last.position, { timeoutMs: 30_000 });
    const changed = new Set(events.filter(({ stream }) => aggregateOf(stream) === 'job').map(({ stream }) => aggregateIdOf(stream)));
    for (const jobId of changed) nats.publish(jobChangedSubject(jobId));
    if (changed.size > 0) onChange();
    this.#position = last.position;
    return true;
  }
}
