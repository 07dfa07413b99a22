/**
 * Heartbeats: when an agent was last heard of, for how long it may be silent, and which attempt it is at; that keeps the
 * attempt's lease alive. Rows, not events: a beat every ten seconds is no fact of the history. Beats are gathered, and those
 * of many agents are one transaction.
 */
import { agentIdOfSubject, AnyHeartbeat, OFFLINE_AFTER_MS, offlineAfterMs, type Heartbeat, type Pace, subjects, cameOutOfStream } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { createThrottle, type Logger } from '@citrus/kit-messaging';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { sql, type Kysely } from 'kysely';
import { auditAgent } from '../audit.ts';
import type { AgentMgmtDatabase } from '../database.ts';
import { createLoop, type Loop } from '../loop.ts';
import { paceOf } from './pace.ts';

const WRITE_EVERY_MS = 250;

export type BeatsOptions = { readonly db: Kysely<AgentMgmtDatabase>; readonly nats: NatsConnection; readonly clock: Clock; readonly logger: Logger; readonly leaseMs: number };
type Heard = { readonly running: Heartbeat['running']; /** Beyond what everybody may be silent for; null: as before. */ readonly patienceMs: number | null };
const COUNT_EVERY_MS = 15_000;

export class Beats {
  #heard = new Map<string, Heard>();
  #since: number | undefined;
  #agents = 0;
  #lateMs = 0;
  #subscription: Subscription | undefined;
  readonly #mayTell = createThrottle();
  readonly #loop: Loop;
  readonly #counting: Loop;

  constructor(private readonly options: BeatsOptions) {
    this.#loop = createLoop({ name: 'heartbeats', everyMs: WRITE_EVERY_MS, logger: options.logger, work: () => this.#write() });
    this.#counting = createLoop({ name: 'counting of agents', everyMs: COUNT_EVERY_MS, logger: options.logger, work: () => this.#count() });
  }

  start(): void {
    const { nats, logger } = this.options;
    this.#subscription = nats.subscribe(subjects.everyAgent.heartbeat, { queue: 'agent-mgmt', callback: (error, message) => (error ? logger.error({ event: 'heartbeats.refused', reason: error.message }, 'cannot hear heartbeats; check the NATS permissions of this service') : this.#hear(message)) });
    this.#loop.start();
    this.#counting.start();
  }

  async stop(): Promise<void> {
    this.#subscription?.unsubscribe();
    await Promise.all([this.#loop.stop(), this.#counting.stop()]);
  }

  /** The agent spoke by other means than a beat. */
  seen(agentId: string): void {
    if (!this.#heard.has(agentId)) this.#note(agentId, { running: null, patienceMs: null });
  }

  /** What agents are told about their beats. */
  pace(): Required<Pace> {
    return paceOf({ agents: this.#agents, lateMs: this.#lateMs });
  }

  /** Agents heard of since then are there; those that were told to beat more slowly, by their `patience_ms` earlier. */
  onlineSince(): Date {
    return new Date(this.options.clock().getTime() - OFFLINE_AFTER_MS);
  }

  #hear(message: Msg): void {
    if (cameOutOfStream(message)) return;
    const agentId = agentIdOfSubject(message.subject);
    let beat: AnyHeartbeat;
    try {
      beat = AnyHeartbeat.parse(message.json());
    } catch (error) {
      if (this.#mayTell(agentId)) this.options.logger.warn({ event: 'heartbeat.invalid', agent_id: agentId, err: error }, 'a heartbeat is not one');
      return;
    }
    if (beat.agentId === agentId) this.#note(agentId, { running: beat.running, patienceMs: offlineAfterMs(beat.everyMs) - OFFLINE_AFTER_MS });
    else auditAgent(this.options.nats, { agentId, action: 'agent.heartbeat', reason: 'The heartbeat names another agent than its subject.', at: this.options.clock() });
  }

  #note(agentId: string, heard: Heard): void {
    this.#since ??= performance.now();
    this.#heard.set(agentId, heard);
  }

  async #count(): Promise<void> {
    const { rows } = await sql<{ agents: number }>`select count(*)::int as agents from agent_beats where seen_at + patience_ms * interval '1 millisecond' > ${this.onlineSince()}`.execute(this.options.db);
    this.#agents = rows[0]?.agents ?? 0;
  }

  async #write(): Promise<void> {
    const [heard, since] = [this.#heard, this.#since];
    this.#heard = new Map();
    this.#since = undefined;
    if (heard.size === 0) return;
    await this.#store(heard);
    this.#lateMs = performance.now() - (since ?? performance.now());
  }

  async #store(heard: ReadonlyMap<string, Heard>): Promise<void> {
    const { db, clock, leaseMs } = this.options;
    const now = clock();
    // Sorted, so that two replicas lock the rows in the same order.
    const agentIds = [...heard.keys()].sort();
    const busy = agentIds.flatMap((agentId) => {
      const running = heard.get(agentId)?.running;
      return running ? [{ agentId, ...running }] : [];
    });
    await db.transaction().execute(async (trx) => {
      await sql`insert into agent_beats (agent_id, seen_at, patience_ms) select b.agent_id, ${now}, coalesce(b.patience_ms, (select a.patience_ms from agent_beats a where a.agent_id = b.agent_id), 0)
        from unnest(${agentIds}::text[], ${agentIds.map((agentId) => heard.get(agentId)?.patienceMs ?? null)}::int[]) as b (agent_id, patience_ms)
        on conflict (agent_id) do update set seen_at = excluded.seen_at, patience_ms = excluded.patience_ms`.execute(trx);
      if (busy.length === 0) return;
      await sql`update leases l set lease_until = ${new Date(now.getTime() + leaseMs)}
        from unnest(${busy.map((beat) => beat.agentId)}::text[], ${busy.map((beat) => beat.jobId)}::uuid[], ${busy.map((beat) => beat.attempt)}::int[]) as b (agent_id, job_id, attempt)
        where l.agent_id = b.agent_id and l.job_id = b.job_id and l.attempt = b.attempt`.execute(trx);
    });
  }
}
