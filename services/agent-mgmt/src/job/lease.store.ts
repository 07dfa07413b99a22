/**
 * One row an agent: the attempt that it may be busy with. Its primary key is why no two replicas can give one agent
 * two jobs; the row is written before the dispatch is an event and goes only after the attempt has ended, so whoever
 * finds it after a crash knows what to finish.
 */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type Lease = Selectable<AgentMgmtDatabase['leases']>;
export type Claim = { readonly now: Date; readonly leaseUntil: Date; readonly checkAt: Date };

const MOST_AT_ONCE = 200;

export class LeaseStore {
  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly leaseMs: number,
  ) {}

  /** For every idle agent heard of since then, or for one that is speaking now: its most urgent, oldest due job; none while somebody works on its server. */
  async claim({ now, leaseUntil, checkAt }: Claim, idle: { onlineSince: Date } | { agentId: string }): Promise<Lease[]> {
    const isCandidate = 'agentId' in idle ? sql`j.agent_id = ${idle.agentId}` : sql`exists (select 1 from agent_beats b where b.agent_id = j.agent_id and b.seen_at + b.patience_ms * interval '1 millisecond' > ${idle.onlineSince})`;
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

  find(agentId: string): Promise<Lease | undefined> {
    return this.db.selectFrom('leases').selectAll().where('agent_id', '=', agentId).executeTakeFirst();
  }

  /** The attempt runs: from here on heartbeats keep the lease. */
  async started(jobId: string, attempt: number, at: Date): Promise<void> {
    const leaseUntil = new Date(at.getTime() + this.leaseMs);
    await this.db.updateTable('leases').set({ lease_until: leaseUntil, check_at: leaseUntil }).where('job_id', '=', jobId).where('attempt', '=', attempt).execute();
  }

  async checkAt(jobId: string, at: Date): Promise<void> {
    await this.db.updateTable('leases').set({ check_at: at }).where('job_id', '=', jobId).execute();
  }

  async release({ job_id, attempt }: Pick<Lease, 'job_id' | 'attempt'>): Promise<void> {
    await this.db.deleteFrom('leases').where('job_id', '=', job_id).where('attempt', '=', attempt).execute();
  }
}
