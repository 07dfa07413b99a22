/**
 * Which agents are there now. Every replica holds the same picture: PRESENCE (written by whichever replica got the
 * broker's word) and the heartbeats. It never drives a server's life cycle; it only tells people.
 */
import { HEARTBEATS_STREAM, agentIdOfSubject, PRESENCE_STREAM, subjects } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import { CLOCK, LOGGER, NATS } from '@citrus/kit-service';
import { DeliverPolicy, jetstream, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { z } from 'zod';
import { pause } from '../live/pause.ts';
import { isNews, presenceOf, PresenceRecord, type Seen } from './presence-state.ts';

export const PresenceView = z.object({ online: z.boolean(), lastSeenAt: z.string().nullable() });
export type PresenceView = z.infer<typeof PresenceView>;

const TRY_AGAIN_AFTER_MS = 1000;

@Injectable()
export class Presence implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #seen = new Map<string, Seen>();
  readonly #stopping = new AbortController();
  readonly #open = new Set<ConsumerMessages>();

  constructor(
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  of(agentId: string | null): PresenceView {
    return presenceOf((agentId && this.#seen.get(agentId)) || {}, this.clock().getTime());
  }

  recordOf(agentId: string): PresenceRecord | undefined {
    return this.#seen.get(agentId)?.record;
  }

  records(): PresenceRecord[] {
    return [...this.#seen.values()].flatMap(({ record }) => record ?? []);
  }

  onApplicationBootstrap(): void {
    // Live beats come by core NATS: the stream is in memory and starts anew with the broker.
    this.nats.subscribe(subjects.everyAgent.heartbeat, { callback: (error, { subject }) => void (!error && this.#beat(agentIdOfSubject(subject), this.clock().getTime())) });
    void this.#forever(() => this.#follow(PRESENCE_STREAM, (body) => this.learn(body)));
    void this.#forever(() => this.#follow(HEARTBEATS_STREAM, (_body, agentId, at) => this.#beat(agentId, at.getTime())));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#open].map((messages) => messages.close()));
  }

  /** What another replica, or this one, has recorded. */
  learn(body: unknown): void {
    const told = PresenceRecord.safeParse(body);
    if (!told.success) return;
    const known = this.#seen.get(told.data.agentId);
    if (isNews(known?.record, told.data)) this.#seen.set(told.data.agentId, { ...known, record: told.data });
  }

  #beat(agentId: string, atMs: number): void {
    const known = this.#seen.get(agentId);
    if (atMs > (known?.beatAtMs ?? 0)) this.#seen.set(agentId, { ...known, beatAtMs: atMs });
  }

  async #follow(stream: string, take: (body: unknown, agentId: string, at: Date) => void): Promise<void> {
    const consumer = await jetstream(this.nats).consumers.get(stream, { deliver_policy: DeliverPolicy.LastPerSubject });
    const messages = await consumer.consume();
    this.#open.add(messages);
    for await (const message of messages) take(message.json(), agentIdOfSubject(message.subject), new Date(message.info.timestampNanos / 1_000_000));
    this.#open.delete(messages);
  }

  async #forever(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) this.logger.warn({ event: 'presence.interrupted', reason: error instanceof Error ? error.message : String(error) }, 'cannot read who is online; trying again');
      }
      await pause(TRY_AGAIN_AFTER_MS, signal);
    }
  }
}
