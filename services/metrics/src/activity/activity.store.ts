/** What agent-mgmt's log says about agents and jobs, one row each, so that an event that comes twice changes nothing. */
import { sql, type Kysely } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

/** `result` is null for jobs that have not ended. */
export type JobCount = { readonly app: string; readonly action: string; readonly result: string | null; readonly count: number };
export type JobRow = MetricsDatabase['jobs'];

export class ActivityStore {
  constructor(private readonly db: Kysely<MetricsDatabase>) {}

  async noteAgents(agents: readonly { agentId: string; serverId: string; projectId: string; at: string }[]): Promise<void> {
    if (agents.length === 0) return;
    const rows = agents.map((agent) => ({ agent_id: agent.agentId, server_id: agent.serverId, project_id: agent.projectId, registered_at: agent.at }));
    await this.db.insertInto('agents').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
  }

  async removeAgents(agentIds: readonly string[]): Promise<void> {
    if (agentIds.length > 0) await this.db.deleteFrom('agents').where(sql<boolean>`agent_id = any(${agentIds}::text[])`).execute();
  }

  /** One row a job; without a result it leaves the one that is there. */
  async noteJobs(jobs: readonly JobRow[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.db.insertInto('jobs').values([...jobs]).onConflict((conflict) => conflict.column('job_id').doUpdateSet({ result: sql<string | null>`coalesce(excluded.result, jobs.result)` })).execute();
  }

  async countJobs(): Promise<JobCount[]> {
    return await this.db.selectFrom('jobs').select(['app', 'action', 'result', ({ fn }) => fn.countAll<number>().as('count')]).groupBy(['app', 'action', 'result']).orderBy('app').orderBy('action').orderBy('result').execute();
  }
}
