/**
 * Which agents are there now. Every replica holds the same picture: PRESENCE (written by whichever replica got the
 * broker's word) and the heartbeats. It never drives a server's life cycle; it only tells people.
 */
import { agentIdOfSubject, HEARTBEATS_STREAM, PRESENCE_STREAM, subjects, cameOutOfStream } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import { CLOCK, LOGGER, NATS } from '@citrus/kit-service';
import { DeliverPolicy, jetstream, JetStreamApiCodes, JetStreamApiError, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { z } from 'zod';
import { pause } from '../live/pause.ts';
import { onReconnect } from '../live/reconnect.ts';
import { isNews, presenceOf, PresenceRecord, type Seen } from './presence-state.ts';

export const PresenceView = z.object({ online: z.boolean(), lastSeenAt: z.string().nullable() });
export type PresenceView = z.infer<typeof PresenceView>;

const TRY_AGAIN_AFTER_MS = 1000;
const JOINED_MS = 1000;

/** In how long the agent will beat again, as its beat says; an agent from before that says nothing. The rest is for others to read. */
const everyMsOf = (beat: Uint8Array): number | undefined => {
  const [, told] = /"everyMs":(\d{1,9})[,}]/.exec(Buffer.from(beat.buffer, beat.byteOffset, beat.byteLength).toString('latin1')) ?? [];
  return told === undefined ? undefined : Number(told);
};

/** The last message of each subject, as it is now. */
async function* lastOf(nats: NatsConnection, stream: string): AsyncGenerator<JsMsg> {
  const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: DeliverPolicy.LastPerSubject });
  const { num_pending } = await consumer.info();
  if (num_pending > 0) yield* await consumer.fetch({ max_messages: num_pending, expires: 5000 });
  await consumer.delete();
}

@Injectable()
export class Presence implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #seen = new Map<string, Seen>();
  readonly #joined = new WeakMap<object, { readonly whole: unknown; readonly revision: number; readonly untilMs: number }>();
  #revision = 0;
  readonly #stopping = new AbortController();

  constructor(
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  of(agentId: string | null): PresenceView {
    return presenceOf((agentId && this.#seen.get(agentId)) || {}, this.clock().getTime());
  }

  /**
   * What is put together from an answer and who is there: the same object again while neither has changed, so that nothing
   * that is done with it need be done twice. Agents also go silent, which nobody tells: so it is kept for a moment only.
   */
  joined<Answer extends object, Whole>(answer: Answer, join: (answer: Answer) => Whole): Whole {
    const known = this.#joined.get(answer);
    const nowMs = this.clock().getTime();
    if (known && known.revision === this.#revision && nowMs < known.untilMs) return known.whole as Whole;
    const whole = join(answer);
    this.#joined.set(answer, { whole, revision: this.#revision, untilMs: nowMs + JOINED_MS });
    return whole;
  }

  recordOf(agentId: string): PresenceRecord | undefined {
    return this.#seen.get(agentId)?.record;
  }

  records(): PresenceRecord[] {
    return [...this.#seen.values()].flatMap(({ record }) => record ?? []);
  }

  /** Listens first, then reads what was said before; again after each lost connection. */
  onApplicationBootstrap(): void {
    this.nats.subscribe(subjects.everyAgent.heartbeat, { callback: (error, message) => void (!error && !cameOutOfStream(message) && this.#beat(agentIdOfSubject(message.subject), this.clock().getTime(), everyMsOf(message.data))) });
    this.nats.subscribe(subjects.presence('*'), { callback: (error, message) => void (!error && this.learn(message.json())) });
    void this.#catchUp();
    void onReconnect(this.nats, () => void this.#catchUp());
  }

  beforeApplicationShutdown(): void {
    this.#stopping.abort();
  }

  /** What another replica, or this one, has recorded. */
  learn(body: unknown): void {
    const told = PresenceRecord.safeParse(body);
    if (!told.success) return;
    const known = this.#seen.get(told.data.agentId);
    if (isNews(known?.record, told.data)) this.#know(told.data.agentId, { ...known, record: told.data });
  }

  #beat(agentId: string, atMs: number, beatEveryMs: number | undefined): void {
    const known = this.#seen.get(agentId);
    if (atMs > (known?.beatAtMs ?? 0)) this.#know(agentId, { ...known, beatAtMs: atMs, beatEveryMs });
  }

  #know(agentId: string, seen: Seen): void {
    this.#seen.set(agentId, seen);
    this.#revision += 1;
  }

  /** The stream is in memory, and a broker that runs alone forgets such a stream when it restarts: then beats tell. */
  async #readBeats(): Promise<void> {
    try {
      for await (const message of lastOf(this.nats, HEARTBEATS_STREAM)) if (!cameOutOfStream(message)) this.#beat(agentIdOfSubject(message.subject), message.info.timestampNanos / 1_000_000, everyMsOf(message.data));
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound) throw error;
    }
  }

  async #catchUp(): Promise<void> {
    const { signal } = this.#stopping;
    for (let said = ''; !signal.aborted; ) {
      try {
        for await (const message of lastOf(this.nats, PRESENCE_STREAM)) this.learn(message.json());
        await this.#readBeats();
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== said && !signal.aborted) this.logger.warn({ event: 'presence.unread', reason }, 'cannot read who was online; trying again');
        said = reason;
      }
      await pause(TRY_AGAIN_AFTER_MS, signal);
    }
  }
}
