/** What stands on servers and happens there, for many of them in one question. */
import { labelTextsOf, type AgentLabels, type BoardRow, type ServerId } from '@citrus/contracts';
import type { ProjectScope } from '@citrus/kit-domain';
import { sql, type Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

type Row = { server_id: ServerId; apps: BoardRow['apps'] | null; job: (Omit<NonNullable<BoardRow['job']>, 'since'> & { since: string }) | null; open_jobs: number; labels: AgentLabels | null };

/** A script tells its progress seldom; who has not lately is not looked for through the whole log. */
const LATEST_PIECES = 50;

export class BoardStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  /** Servers of the project only. */
  async rowsOf({ projectId }: ProjectScope, serverIds: readonly string[]): Promise<BoardRow[]> {
    const { rows } = await sql<Row>`
      select s.server_id, apps.list as apps, job.at_work as job, coalesce(job.open, 0)::int as open_jobs, agent.labels
      from servers s
      left join lateral (
        select json_agg(json_build_object('installer', a.installer, 'version', a.version, 'state', a.state, 'health', a.health) order by a.installer) as list
        from apps a where a.server_id = s.server_id and a.state <> 'removed'
      ) apps on true
      left join lateral (
        select count(*) over () as open, json_build_object('id', j.job_id, 'installer', j.installer, 'action', j.action, 'status', j.status, 'since', coalesce(j.started_at, j.created_at), 'percent', (
          select p.progress_percent from (select l.progress_percent, l.attempt, l.seq from job_log l where l.job_id = j.job_id order by l.attempt desc, l.seq desc limit ${LATEST_PIECES}) p
          where p.progress_percent is not null order by p.attempt desc, p.seq desc limit 1
        )) as at_work
        from jobs j where j.agent_id = s.agent_id and (j.status = 'queued' or j.status in ('dispatched', 'running', 'cancelling'))
        order by (j.status = 'queued'), j.priority_rank, j.created_at limit 1
      ) job on true
      left join lateral (select g.labels from agents g where g.server_id = s.server_id and g.status <> 'retired' order by g.updated_at desc limit 1) agent on true
      where s.project_id = ${projectId} and s.server_id = any(${serverIds}::uuid[])`.execute(this.db);
    return rows.map(({ server_id: serverId, apps, job, open_jobs: openJobs, labels }) => ({
      serverId, apps: apps ?? [], job: job && { ...job, since: new Date(job.since).toISOString() }, openJobs, labels: [...labelTextsOf(labels ?? {})],
    }));
  }
}
