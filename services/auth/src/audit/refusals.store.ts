/**
 * Refusals wait here until their minute is over, and then become one event with a count. Each is a row of its own until
 * long after, so that one that the broker delivers twice counts once; a batch is named before it is told, so that a
 * process which dies between telling it and noting so tells the same batch again.
 */
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { Audited } from './audit.events.ts';

export type Waiting = { readonly group: string; readonly windowEndsAt: Date; readonly audited: Audited };
export type Batch = { readonly batchId: string; readonly audited: Audited };
export type Refusals = {
  add(waiting: readonly Waiting[]): Promise<void>;
  /** Names what is due; gives that and what was named before and not told yet. */
  due(now: Date): Promise<readonly Batch[]>;
  told(batchIds: readonly string[], now: Date): Promise<void>;
};

const AT_ONCE = 200;
const KEPT = sql`interval '2 hours'`;

export const openRefusals = (db: Kysely<AuthDatabase>): Refusals => ({
  add: async (waiting) => {
    if (waiting.length === 0) return;
    const rows = waiting.map(({ group, windowEndsAt, audited }) => ({ entry_id: audited.entryId, refusal_group: group, window_ends_at: windowEndsAt, entry: JSON.stringify(audited), batch_id: null, told_at: null }));
    await db.insertInto('audit_refusals').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
  },
  due: async (now) => {
    await sql`
      with due as (select entry_id, refusal_group, window_ends_at from audit_refusals where batch_id is null and window_ends_at <= ${now} for update skip locked),
        batches as materialized (select refusal_group, window_ends_at, gen_random_uuid() as id from due group by refusal_group, window_ends_at)
      update audit_refusals r set batch_id = b.id from due d join batches b using (refusal_group, window_ends_at) where r.entry_id = d.entry_id`.execute(db);
    const { rows } = await sql<{ batch_id: string; count: number; first: Audited; last_at: string }>`
      select batch_id, count(*)::int as count, (array_agg(entry order by entry->>'at', entry_id))[1] as first, max(entry->>'at') as last_at
      from audit_refusals where batch_id is not null and told_at is null group by batch_id order by batch_id limit ${AT_ONCE}`.execute(db);
    return rows.map(({ batch_id: batchId, count, first, last_at: lastAt }) => ({ batchId, audited: { ...first, count, lastAt } }));
  },
  told: async (batchIds, now) => {
    if (batchIds.length > 0) await sql`update audit_refusals set told_at = ${now} where batch_id = any(${batchIds}::uuid[])`.execute(db);
    await sql`delete from audit_refusals where told_at < ${now}::timestamptz - ${KEPT}`.execute(db);
  },
});
