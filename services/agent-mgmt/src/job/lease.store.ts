/**
 * One row an agent: the attempt that it may be busy with. Its primary key is why no two replicas can give one agent
 * two jobs; the row is written before the dispatch is an event and goes only after the attempt has ended, so whoever
 * finds it after a crash knows what to finish. What concerns many agents in the same moment is one statement, which locks
 * their rows in the order of the agents.
 */
import { gather } from '@citrus/kit-event-store';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type Lease = Selectable<AgentMgmtDatabase['leases']>;
export type Claim = { readonly now: Date; readonly leaseUntil: Date; readonly checkAt: Date };

const MOST_AT_ONCE = 200;

/** Two, so that one that waits for somebody's lock does not hold up the others. */
const TOGETHER = { inFlight: 2 } as const;

type Attempt = Pick<Lease, 'job_id' | 'attempt'>;

/** Their leases, locked. */
const lockedOf = (attempts: readonly Attempt[]) => sql`
  select l.agent_id, l.job_id, l.attempt from leases l
  where (l.job_id, l.attempt) in (select * from unnest(${attempts.map(({ job_id: id }) => id)}::uuid[], ${attempts.map(({ attempt }) => attempt)}::int[]))
  order by l.agent_id for update`;

export class LeaseStore {
  readonly #start: (begun: Attempt & { readonly at: Date }) => Promise<void>;
  readonly #release: (ended: Attempt) => Promise<void>;
  readonly #find: (agentId: string) => Promise<Lease | undefined>;
  readonly #claimFor: (one: { readonly agentId: string; readonly claim: Claim }) => Promise<Lease | undefined>;

  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly leaseMs: number,
  ) {
    this.#start = gather((begun) => this.#startAll(begun), TOGETHER);
    this.#release = gather((ended) => this.#releaseAll(ended), TOGETHER);
    this.#find = gather((agentIds) => this.#findAll(agentIds), TOGETHER);
    this.#claimFor = gather((all) => this.#claimForAll(all), { ...TOGETHER, most: MOST_AT_ONCE });
  }

  /** For one that is speaking now: its most urgent, oldest due job, if it is idle; none while somebody works on its server. */
  async claimFor(agentId: string, claim: Claim): Promise<Lease | undefined> {
    return await this.#claimFor({ agentId, claim });
  }

  /** The same for every idle agent heard of since then, or for these. */
  async claim({ now, leaseUntil, checkAt }: Claim, idle: { onlineSince: Date } | { agentIds: readonly string[] }): Promise<Lease[]> {
    const isCandidate = 'agentIds' in idle ? sql`j.agent_id = any(${idle.agentIds}::text[])` : sql`exists (select 1 from agent_beats b where b.agent_id = j.agent_id and b.seen_at + b.patience_ms * interval '1 millisecond' > ${idle.onlineSince})`;
    const { rows } = await sql<Lease>`
      insert into leases (agent_id, job_id, attempt, lease_until, check_at)
      select distinct on (j.agent_id) j.agent_id, j.job_id, j.attempt + 1, ${leaseUntil}::timestamptz, ${checkAt}::timestamptz
      from jobs j
      where j.status = 'queued' and j.not_before <= ${now} and j.expires_at > ${now} and ${isCandidate}
        and not exists (select 1 from unnest(j.after_jobs) as a (job_id) left join jobs p using (job_id) where p.status is distinct from 'succeeded')
        and not exists (select 1 from servers s where s.server_id = j.server_id and s.in_maintenance)
        and not exists (select 1 from leases l where l.agent_id = j.agent_id)
        and not exists (select 1 from jobs o where o.agent_id = j.agent_id and o.status in ('dispatched', 'running', 'cancelling'))
      order by j.agent_id, j.priority_rank, j.created_at, j.job_id
      limit ${MOST_AT_ONCE}
      on conflict (agent_id) do nothing
      returning *`.execute(this.db);
    return rows;
  }

  /** Leases to look at, each given to one replica. */
  async takeDue(now: Date, checkAgainAt: Date): Promise<Lease[]> {
    const { rows } = await sql<Lease>`
      update leases set check_at = ${checkAgainAt}
      where agent_id in (select agent_id from leases where check_at <= ${now} order by check_at limit ${MOST_AT_ONCE} for update skip locked)
      returning *`.execute(this.db);
    return rows;
  }

  async find(agentId: string): Promise<Lease | undefined> {
    return await this.#find(agentId);
  }

  /** The attempt runs: from here on heartbeats keep the lease. */
  async started(jobId: string, attempt: number, at: Date): Promise<void> {
    await this.#start({ job_id: jobId, attempt, at });
  }

  async checkAt(jobId: string, at: Date): Promise<void> {
    await this.db.updateTable('leases').set({ check_at: at }).where('job_id', '=', jobId).execute();
  }

  async release({ job_id, attempt }: Pick<Lease, 'job_id' | 'attempt'>): Promise<void> {
    await this.#release({ job_id, attempt });
  }

  async #findAll(agentIds: readonly string[]): Promise<(Lease | undefined)[]> {
    const rows = await this.db.selectFrom('leases').selectAll().where(sql<boolean>`agent_id = any(${agentIds}::text[])`).execute();
    return agentIds.map((agentId) => rows.find((row) => row.agent_id === agentId));
  }

  /** An agent that asks twice in one moment gets the same answer twice. */
  async #claimForAll(all: readonly { readonly agentId: string; readonly claim: Claim }[]): Promise<(Lease | undefined)[]> {
    const latest = all.at(-1);
    const claimed = latest ? await this.claim(latest.claim, { agentIds: all.map(({ agentId }) => agentId) }) : [];
    return all.map(({ agentId }) => claimed.find((lease) => lease.agent_id === agentId));
  }

  async #startAll(begun: readonly (Attempt & { readonly at: Date })[]): Promise<undefined[]> {
    const leasesUntil = begun.map(({ at }) => new Date(at.getTime() + this.leaseMs));
    await sql`
      with begun as (${lockedOf(begun)})
      update leases l set lease_until = u.lease_until, check_at = u.lease_until
      from begun b join unnest(${begun.map(({ job_id: id }) => id)}::uuid[], ${begun.map(({ attempt }) => attempt)}::int[], ${leasesUntil}::timestamptz[]) as u (job_id, attempt, lease_until) using (job_id, attempt)
      where l.agent_id = b.agent_id`.execute(this.db);
    return begun.map(() => undefined);
  }

  async #releaseAll(ended: readonly Attempt[]): Promise<undefined[]> {
    await sql`with ended as (${lockedOf(ended)}) delete from leases l using ended e where l.agent_id = e.agent_id and l.job_id = e.job_id and l.attempt = e.attempt`.execute(this.db);
    return ended.map(() => undefined);
  }
}
