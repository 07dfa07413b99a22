/** Questions about schedules. */
import type { Schedule } from '@citrus/contracts';
import type { InternalScope, ProjectScope } from '@citrus/kit-domain';
import type { Kysely, Selectable } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

type Row = Selectable<AgentMgmtDatabase['schedules']>;

const scheduleOf = (row: Row): Schedule =>
  ({
    id: row.schedule_id, projectId: row.project_id, name: row.name, cron: row.cron, timeZone: row.time_zone,
    run: { installer: row.installer, action: row.action, inputs: row.inputs, priority: row.priority, filter: row.filter, strategy: row.strategy, ...(row.sample && { sample: row.sample }) },
    status: row.status, nextDueAt: row.status === 'active' ? row.next_due_at.toISOString() : null, lastRunId: row.last_run_id, lastDueAt: row.last_due_at?.toISOString() ?? null,
    missed: row.missed, missedAt: row.missed_at?.toISOString() ?? null, missedReason: row.missed_reason, createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(),
  }) as Schedule;

export class ScheduleStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async find({ projectId }: ProjectScope, scheduleId: string): Promise<Schedule | undefined> {
    const row = await this.db.selectFrom('schedules').selectAll().where('schedule_id', '=', scheduleId).where('project_id', '=', projectId).executeTakeFirst();
    return row && scheduleOf(row);
  }

  /** By name; deleted ones are left out. */
  async list({ projectId }: ProjectScope, limit: number): Promise<Schedule[]> {
    const rows = await this.db.selectFrom('schedules').selectAll().where('project_id', '=', projectId).where('status', '<>', 'deleted').orderBy('name').orderBy('schedule_id').limit(limit).execute();
    return rows.map(scheduleOf);
  }

  async count({ projectId }: ProjectScope): Promise<number> {
    const { count } = await this.db.selectFrom('schedules').select(({ fn }) => fn.countAll<string>().as('count')).where('project_id', '=', projectId).where('status', '<>', 'deleted').executeTakeFirstOrThrow();
    return Number(count);
  }

  /** Active ones whose time has come. */
  async due(_scope: InternalScope, now: Date): Promise<string[]> {
    const rows = await this.db.selectFrom('schedules').select('schedule_id').where('status', '=', 'active').where('next_due_at', '<=', now).orderBy('next_due_at').execute();
    return rows.map((row) => row.schedule_id);
  }
}
