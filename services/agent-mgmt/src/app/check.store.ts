/** When each app is asked next how it is: timers as rows, so that they outlive every replica. */
import type { InternalScope } from '@citrus/kit-domain';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type Due = { readonly server_id: string; readonly installer: string; readonly project_id: string; readonly due_at: Date };
type Which = { readonly now: Date; readonly everyMs: number; readonly installers: readonly string[] };

/** A replica that died with a check in its hands loses it after this long. */
const TAKEN_MS = 60_000;
const AT_ONCE = 50;
/** Of the interval, to either side: apps that were installed together are not asked together for ever. */
const JITTER = 0.2;

/** To the millisecond, which is all that a Date can hold: a timer is found again by its instant. */
const inAbout = (now: Date, share: RawBuilder<unknown>, everyMs: number): RawBuilder<unknown> => sql`date_trunc('milliseconds', ${now}::timestamptz + ${share} * ${everyMs}::float8 * interval '1 millisecond')`;

export class CheckStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  /** A timer for each app that is there and can be asked, somewhere in the second half of the next interval; none for the others. */
  async plan(_scope: InternalScope, { now, everyMs, installers }: Which): Promise<void> {
    await sql`
      delete from app_checks c where not exists (
        select from apps a where a.server_id = c.server_id and a.installer = c.installer and a.state <> 'removed' and a.installer = any(${installers}::text[]))
      or exists (select from servers s where s.server_id = c.server_id and s.status = 'deleted')`.execute(this.db);
    await sql`
      insert into app_checks (server_id, installer, due_at)
      select a.server_id, a.installer, ${inAbout(now, sql`(0.5 + 0.5 * random())`, everyMs)}
      from apps a join servers s on s.server_id = a.server_id
      where a.state <> 'removed' and s.status = 'known' and a.installer = any(${installers}::text[]) and not exists (select from app_checks c where c.server_id = a.server_id and c.installer = a.installer)
      on conflict do nothing`.execute(this.db);
  }

  /**
   * Due checks, each given to one replica, at most one a server: of apps that stand still, on servers that are there, that
   * nobody works on, and that have nothing else to do. The others stay due.
   */
  async take(_scope: InternalScope, { now, onlineSince }: { now: Date; onlineSince: Date }): Promise<Due[]> {
    const { rows } = await sql<Due>`
      with due as (
        select distinct on (c.server_id) c.server_id, c.installer, a.project_id, c.due_at from app_checks c
        join apps a on a.server_id = c.server_id and a.installer = c.installer and a.state in ('installed', 'failed')
        join servers s on s.server_id = c.server_id and s.status = 'known' and not s.in_maintenance
        join agent_beats b on b.agent_id = s.agent_id and b.seen_at + b.patience_ms * interval '1 millisecond' > ${onlineSince}
        where c.due_at <= ${now} and c.taken_until <= ${now}
          and not exists (select from jobs j where j.server_id = c.server_id and j.status in ('queued', 'dispatched', 'running', 'cancelling'))
        order by c.server_id, c.due_at
        limit ${AT_ONCE}
      )
      update app_checks c set taken_until = ${new Date(now.getTime() + TAKEN_MS)} from due
      where c.server_id = due.server_id and c.installer = due.installer and c.due_at = due.due_at and c.taken_until <= ${now}
      returning c.server_id, c.installer, due.project_id, c.due_at`.execute(this.db);
    return rows;
  }

  /** It was asked for, or cannot be: the next one is an interval away. */
  async done(_scope: InternalScope, due: Due, { now, everyMs }: Omit<Which, 'installers'>): Promise<void> {
    await sql`
      update app_checks set due_at = ${inAbout(now, sql`(1 + ${JITTER}::float8 * (2 * random() - 1))`, everyMs)}, taken_until = '-infinity'
      where server_id = ${due.server_id} and installer = ${due.installer} and due_at = ${due.due_at}`.execute(this.db);
  }
}
