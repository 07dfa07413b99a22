/** What agent-mgmt's log says about agents and jobs, one row each, so that an event that comes twice changes nothing. */
import type { Kysely } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

/** `result` is null for jobs that have not ended. */
export type JobCount = { readonly app: string; readonly action: string; readonly result: string | null; readonly count: number };
type JobRow = MetricsDatabase['jobs'];

export class ActivityStore {
  constructor(private readonly db: Kysely<MetricsDatabase>) {}

  async noteAgent(agent: { agentId: string; serverId: string; projectId: string; at: string }): Promise<void> {
    const row = { agent_id: agent.agentId, server_id: agent.serverId, project_id: agent.projectId, registered_at: agent.at };
    await this.db.insertInto('agents').values(row).onConflict((conflict) => conflict.doNothing()).execute();
  }

  async removeAgent(agentId: string): Promise<void> {
    await this.db.deleteFrom('agents').where('agent_id', '=', agentId).execute();
  }

  async noteJob(job: Omit<JobRow, 'result'>): Promise<void> {
    await this.db.insertInto('jobs').values({ ...job, result: null }).onConflict((conflict) => conflict.doNothing()).execute();
  }

  async noteJobResult(job: JobRow): Promise<void> {
    await this.db.insertInto('jobs').values(job).onConflict((conflict) => conflict.column('job_id').doUpdateSet({ result: job.result })).execute();
  }

  async countJobs(): Promise<JobCount[]> {
    return await this.db.selectFrom('jobs').select(['app', 'action', 'result', ({ fn }) => fn.countAll<number>().as('count')]).groupBy(['app', 'action', 'result']).orderBy('app').orderBy('action').orderBy('result').execute();
  }
}
