/** Questions about runs. What became of each server is read from its job; a count may be late, never too high. */
import { Instant, RunId, RunOutcome, type BoxScore, type JobStatus, type Run, type RunServer, type RunStatus, type TimeSort } from '@citrus/contracts';
import { ContractViolation, type InternalScope, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import { z } from 'zod';
import type { AgentMgmtDatabase } from '../database.ts';
import type { Progress } from './run.decider.ts';

export type RunRow = Selectable<AgentMgmtDatabase['runs']>;
type Page = { readonly limit: number; readonly cursor?: string | undefined };
type Outcome = { run_id: string; place: number; server_id: string; job_id: string | null; status: JobStatus | null; reason: string | null; held_code: string | null; waits_until: Date | null; outcome: RunOutcome };
type Now = { readonly at: Date; readonly isInstallerThere: boolean };
type Missing = { readonly serverId: string; readonly place: number };

/** What was told of single servers, as rows. */
const toldOf = (column: 'refused' | 'held', runIds: readonly string[]): RawBuilder<object> => sql`
  select t.run_id, x.* from runs t cross join lateral json_to_recordset(t.${sql.raw(column)}) as x("serverId" uuid, code text, reason text, until timestamptz) where t.run_id = any(${runIds}::uuid[])`;

/** Each server of the runs with its place and what became of it. */
const outcomesOf = (runIds: readonly string[]): RawBuilder<Outcome> => sql<Outcome>`
  select r.run_id, u.place::int as place, u.server_id, j.job_id, j.status, coalesce(j.reason, f.reason, case when j.job_id is null then h.reason end) as reason,
    case when j.job_id is null then h.code end as held_code, case when j.job_id is null then h.until end as waits_until,
    case
      when j.status in ('dispatched', 'running', 'cancelling') then 'running'
      when j.status in ('failed', 'timed_out') then 'failed'
      when j.status in ('expired', 'lost') then 'unanswered'
      when j.status in ('succeeded', 'cancelled') then j.status
      when j.status = 'queued' then 'waiting'
      when f."serverId" is not null then 'refused'
      when u.place > r.begun then 'not-started'
      else 'waiting'
    end as outcome
  from runs r
  cross join lateral unnest(r.server_ids) with ordinality as u(server_id, place)
  left join jobs j on j.run_id = r.run_id and j.server_id = u.server_id
  left join (${toldOf('refused', runIds)}) as f on f.run_id = r.run_id and f."serverId" = u.server_id
  left join (${toldOf('held', runIds)}) as h on h.run_id = r.run_id and h."serverId" = u.server_id
  where r.run_id = any(${runIds}::uuid[])`;

/** Of those that wait, the ones of which nothing new is known: neither has the server come, nor is the time up. */
const stillHeld = ({ at, isInstallerThere }: Now): RawBuilder<boolean> => sql<boolean>`(o.waits_until > ${at} and case o.held_code
  when 'installer.unknown' then not ${isInstallerThere}::boolean
  when 'server.unknown' then not exists (select 1 from servers s where s.server_id = o.server_id)
  when 'server.not_ready' then not exists (select 1 from servers s left join agents a on a.agent_id = s.agent_id where s.server_id = o.server_id and (s.status <> 'known' or (a.status <> 'retired' and a.facts is not null)))
  else false end)`;

const ENDED: readonly RunOutcome[] = ['succeeded', 'failed', 'unanswered', 'cancelled', 'refused'];

const emptyScore = (): BoxScore => Object.fromEntries(RunOutcome.options.map((outcome) => [outcome, 0])) as BoxScore;

const runOf = (row: RunRow, score: BoxScore): Run =>
  ({
    id: row.run_id, projectId: row.project_id, installer: row.installer, action: row.action, filter: row.filter, strategy: row.strategy, inputs: row.inputs,
    status: row.status, reason: row.reason, servers: row.server_ids.length, score, retryOf: row.retry_of, sample: row.sample, scheduleId: row.schedule_id,
    createdAt: row.created_at.toISOString(), finishedAt: row.finished_at?.toISOString() ?? null, updatedAt: row.updated_at.toISOString(),
  }) as Run;

/** `<created at>~<id>` of the last run of a page: newest first. */
const cursorOf = (row: RunRow): string => Buffer.from(`${row.created_at.toISOString()}~${row.run_id}`).toString('base64url');
const parse = <Value>(schema: z.ZodType<Value>, value: unknown): Value => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ContractViolation('This cursor is not one of ours; begin again without it.');
  return parsed.data;
};
const parseCursor = (cursor: string) => {
  const [createdAt, runId] = Buffer.from(cursor, 'base64url').toString().split('~');
  return parse(z.object({ createdAt: Instant, runId: RunId }), { createdAt, runId });
};
const Place = z.coerce.number().int().min(0).max(1_000_000);

export class RunStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async find(scope: Scope, runId: string): Promise<Run | undefined> {
    let query = this.db.selectFrom('runs').selectAll().where('run_id', '=', runId);
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    return (await this.#scored(await query.execute()))[0];
  }

  async list({ projectId }: ProjectScope, { status, sort, limit, cursor }: Page & { readonly status?: RunStatus | undefined; readonly sort?: TimeSort | undefined }): Promise<{ items: Run[]; nextCursor: string | null }> {
    const [direction, than] = sort === 'createdAt' ? (['asc', '>'] as const) : (['desc', '<'] as const);
    let query = this.db.selectFrom('runs').selectAll().where('project_id', '=', projectId);
    if (status !== undefined) query = query.where('status', '=', status);
    if (cursor !== undefined) {
      const { createdAt, runId } = parseCursor(cursor);
      query = query.where(sql<boolean>`(created_at, run_id) ${sql.raw(than)} (${createdAt}::timestamptz, ${runId}::uuid)`);
    }
    const rows = await query.orderBy('created_at', direction).orderBy('run_id', direction).limit(limit + 1).execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: await this.#scored(page), nextCursor: rows.length > limit && last ? cursorOf(last) : null };
  }

  /** In the order in which they begin. */
  async servers(scope: Scope, runId: string, { outcome, limit, cursor = '0' }: Page & { readonly outcome?: RunOutcome | undefined }): Promise<{ items: RunServer[]; nextCursor: string | null } | undefined> {
    if (!(await this.find(scope, runId))) return undefined;
    const { rows } = await sql<Outcome>`
      select * from (${outcomesOf([runId])}) as o where place > ${parse(Place, cursor)} ${outcome === undefined ? sql`` : sql`and outcome = ${outcome}`} order by place limit ${limit + 1}`.execute(this.db);
    const page = rows.slice(0, limit);
    const items = page.map((row) => ({ serverId: row.server_id, outcome: row.outcome, jobId: row.job_id, status: row.status, reason: row.reason, waitsUntil: row.waits_until?.toISOString() ?? null }) as RunServer);
    return { items, nextCursor: rows.length > limit ? String(page.at(-1)?.place) : null };
  }

  async unfinished(_scope: InternalScope): Promise<string[]> {
    const rows = await this.db.selectFrom('runs').select('run_id').where('finished_at', 'is', null).orderBy('created_at').execute();
    return rows.map((row) => row.run_id);
  }

  async progressOf(_scope: InternalScope, runId: string): Promise<Progress> {
    const score = (await this.#scores([runId])).get(runId) ?? emptyScore();
    const ended = ENDED.reduce((sum, outcome) => sum + score[outcome], 0);
    return { ended, failed: ended - score.succeeded };
  }

  /** Servers that have begun and have no job yet. With `now`, those are left out that wait and of which nothing new is known. */
  async withoutJob(_scope: InternalScope, runId: string, { limit, after, now }: { readonly limit: number; readonly after: number; readonly now?: Now | undefined }): Promise<Missing[]> {
    const { rows } = await sql<Outcome>`
      select * from (${outcomesOf([runId])}) as o where outcome = 'waiting' and job_id is null and place > ${after} ${now === undefined ? sql`` : sql`and ${stillHeld(now)} is not true`} order by place limit ${limit}`.execute(this.db);
    return rows.map((row) => ({ serverId: row.server_id, place: row.place }));
  }

  /** Jobs of the run that have not ended. */
  async openJobs(_scope: InternalScope, runId: string): Promise<{ jobId: string; isRunning: boolean }[]> {
    const { rows } = await sql<Outcome>`select * from (${outcomesOf([runId])}) as o where job_id is not null and status in ('queued', 'dispatched', 'running')`.execute(this.db);
    return rows.map((row) => ({ jobId: String(row.job_id), isRunning: row.outcome === 'running' }));
  }

  /** Servers of an ended run on which it did not succeed. */
  async unsuccessful(_scope: InternalScope, runId: string): Promise<string[]> {
    const { rows } = await sql<Outcome>`select * from (${outcomesOf([runId])}) as o where outcome <> 'succeeded' order by place`.execute(this.db);
    return rows.map((row) => row.server_id);
  }

  async #scored(rows: readonly RunRow[]): Promise<Run[]> {
    const scores = rows.length === 0 ? new Map<string, BoxScore>() : await this.#scores(rows.map((row) => row.run_id));
    return rows.map((row) => runOf(row, scores.get(row.run_id) ?? emptyScore()));
  }

  async #scores(runIds: readonly string[]): Promise<Map<string, BoxScore>> {
    const { rows } = await sql<{ run_id: string; outcome: RunOutcome; servers: number }>`select run_id, outcome, count(*)::int as servers from (${outcomesOf(runIds)}) as o group by run_id, outcome`.execute(this.db);
    const scores = new Map(runIds.map((runId) => [runId, emptyScore()]));
    for (const { run_id: runId, outcome, servers } of rows) (scores.get(runId) ?? emptyScore())[outcome] = servers;
    return scores;
  }
}
