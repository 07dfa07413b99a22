/**
 * Heartbeats: when an agent was last heard of, and which attempt it is at; that keeps the attempt's lease alive. Rows,
 * not events: a beat every ten seconds is no fact of the history. Beats are gathered and written in one statement.
 */
import { agentIdOfSubject, Heartbeat, OFFLINE_AFTER_MS, subjects, cameOutOfStream } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { createThrottle, type Logger } from '@citrus/kit-messaging';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { sql, type Kysely } from 'kysely';
import { auditAgent } from '../audit.ts';
import type { AgentMgmtDatabase } from '../database.ts';
import { createLoop, type Loop } from '../loop.ts';

const WRITE_EVERY_MS = 250;

export type BeatsOptions = { readonly db: Kysely<AgentMgmtDatabase>; readonly nats: NatsConnection; readonly clock: Clock; readonly logger: Logger; readonly leaseMs: number };
type Busy = Heartbeat['running'];

export class Beats {
  #heard = new Map<string, Busy>();
  #subscription: Subscription | undefined;
  readonly #mayTell = createThrottle();
  readonly #loop: Loop;

  constructor(private readonly options: BeatsOptions) {
    this.#loop = createLoop({ name: 'heartbeats', everyMs: WRITE_EVERY_MS, logger: options.logger, work: () => this.#write() });
  }

  start(): void {
    const { nats, logger } = this.options;
    this.#subscription = nats.subscribe(subjects.everyAgent.heartbeat, { queue: 'agent-mgmt', callback: (error, message) => (error ? logger.error({ event: 'heartbeats.refused', reason: error.message }, 'cannot hear heartbeats; check the NATS permissions of this service') : this.#hear(message)) });
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#subscription?.unsubscribe();
    await this.#loop.stop();
  }

  /** The agent spoke by other means than a beat. */
  seen(agentId: string): void {
    if (!this.#heard.has(agentId)) this.#heard.set(agentId, null);
  }

  /** Agents heard of since then are there. */
  onlineSince(): Date {
    return new Date(this.options.clock().getTime() - OFFLINE_AFTER_MS);
  }

  #hear(message: Msg): void {
    if (cameOutOfStream(message)) return;
    const agentId = agentIdOfSubject(message.subject);
    let beat: Heartbeat;
    try {
      beat = Heartbeat.parse(message.json());
    } catch (error) {
      if (this.#mayTell(agentId)) this.options.logger.warn({ event: 'heartbeat.invalid', agent_id: agentId, err: error }, 'a heartbeat is not one');
      return;
    }
    if (beat.agentId === agentId) this.#heard.set(agentId, beat.running);
    else auditAgent(this.options.nats, { agentId, action: 'agent.heartbeat', reason: 'The heartbeat names another agent than its subject.', at: this.options.clock() });
  }

  async #write(): Promise<void> {
    const heard = this.#heard;
    this.#heard = new Map();
    if (heard.size > 0) await this.#store(heard);
  }

  async #store(heard: ReadonlyMap<string, Busy>): Promise<void> {
    const { db, clock, leaseMs } = this.options;
    const now = clock();
    // Sorted, so that two replicas lock the rows in the same order.
    const agentIds = [...heard.keys()].sort();
    await sql`insert into agent_beats (agent_id, seen_at) select agent_id, ${now} from unnest(${agentIds}::text[]) as agent_id
      on conflict (agent_id) do update set seen_at = excluded.seen_at`.execute(db);
    const busy = agentIds.flatMap((agentId) => {
      const running = heard.get(agentId);
      return running ? [{ agentId, ...running }] : [];
    });
    if (busy.length === 0) return;
    await sql`update leases l set lease_until = ${new Date(now.getTime() + leaseMs)}
      from unnest(${busy.map((beat) => beat.agentId)}::text[], ${busy.map((beat) => beat.jobId)}::uuid[], ${busy.map((beat) => beat.attempt)}::int[]) as b (agent_id, job_id, attempt)
      where l.agent_id = b.agent_id and l.job_id = b.job_id and l.attempt = b.attempt`.execute(db);
  }
}
