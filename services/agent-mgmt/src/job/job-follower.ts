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

export type FollowerParts = {
  readonly store: EventStore; readonly projections: Projections; readonly wakeUp: WakeUp; readonly nats: NatsConnection; readonly logger: Logger;
  /** The read models show events of these types. */
  readonly onShown: (types: ReadonlySet<string>) => void;
};

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
    const { store, projections, nats, onShown } = this.parts;
    const after = (this.#position ??= Math.max(0, (await store.head()) - BEGIN_BEFORE_END));
    const { events } = await store.read({ after, limit: PAGE, as: 'stored' });
    const last = events.at(-1);
    if (!last) return false;
    await projections.reached(last.position, { timeoutMs: 30_000 });
    const ofJobs = events.filter(({ stream }) => aggregateOf(stream) === 'job');
    for (const jobId of new Set(ofJobs.map(({ stream }) => aggregateIdOf(stream)))) nats.publish(jobChangedSubject(jobId));
    onShown(new Set(events.map(({ type }) => type)));
    this.#position = last.position;
    return true;
  }
}
