/**
 * What is to be sent, and what came of it: one row for each event and webhook. A row is leased while somebody sends it;
 * when that process dies the lease runs out and another one sends it again. The number of tries is what a late sender is
 * recognised by: what was settled meanwhile is left alone.
 */
import { PING, type DeliveryStatus, type WebhookDelivery, type WebhookDeliveryWithBody } from '@citrus/contracts';
import type { InternalScope, ProjectScope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { MetricsDatabase } from '../database.ts';
import { claimQuery, type Claim, type Claimed } from './claim.ts';

type Row = Selectable<MetricsDatabase['webhook_deliveries']>;
export type NewDelivery = { readonly webhookId: string; readonly deliveryId: string; readonly projectId: string; readonly type: string; readonly body: string; readonly occurredAt: string };
/** `afterMs`: until the next try. */
export type Settled = Pick<Claimed, 'webhookId' | 'deliveryId' | 'tries'> & {
  readonly status: DeliveryStatus; readonly afterMs: number | null;
  readonly answerStatus: number | null; readonly answerText: string | null; readonly problem: string | null; readonly durationMs: number;
};
export type Place = { readonly webhookId: string; readonly deliveryId: string };
export type Page = { readonly status?: DeliveryStatus | undefined; readonly limit: number; readonly before?: { readonly at: string; readonly id: string } | undefined };

const FORGOTTEN_AT_ONCE = 10_000;
/** PostgreSQL takes 65,535 parameters in a statement, and a delivery has seven. */
const ADDED_AT_ONCE = 1000;
const SHOWN = ['webhook_id', 'delivery_id', 'type', 'status', 'attempts', 'occurred_at', 'created_at', 'next_attempt_at', 'last_attempt_at', 'answer_status', 'answer_text', 'problem', 'duration_ms'] as const;

const deliveryOf = (row: Omit<Row, 'body' | 'project_id' | 'lease_until'>): WebhookDelivery => ({
  id: row.delivery_id, webhookId: row.webhook_id, type: row.type, status: row.status, attempts: row.attempts,
  occurredAt: row.occurred_at.toISOString(), nextAttemptAt: row.next_attempt_at?.toISOString() ?? null, lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
  answerStatus: row.answer_status, answerText: row.answer_text, problem: row.problem, durationMs: row.duration_ms,
}) as WebhookDelivery;

export class DeliveryStore {
  constructor(private readonly db: Kysely<MetricsDatabase>) {}

  /** What is there already stays as it is. Gives how many were new. */
  async add(deliveries: readonly NewDelivery[]): Promise<number> {
    let added = 0;
    for (let from = 0; from < deliveries.length; from += ADDED_AT_ONCE) added += await this.#add(deliveries.slice(from, from + ADDED_AT_ONCE));
    return added;
  }

  async #add(deliveries: readonly NewDelivery[]): Promise<number> {
    const rows = deliveries.map(({ webhookId, deliveryId, projectId, type, body, occurredAt }) => ({
      webhook_id: webhookId, delivery_id: deliveryId, project_id: projectId, type, body, occurred_at: occurredAt, status: 'waiting' as const, next_attempt_at: sql<Date>`now()`,
    }));
    const { numInsertedOrUpdatedRows } = await this.db.insertInto('webhook_deliveries').values(rows).onConflict((conflict) => conflict.doNothing()).executeTakeFirstOrThrow();
    return Number(numInsertedOrUpdatedRows ?? 0);
  }

  async claim(claim: Claim): Promise<Claimed[]> {
    return (await claimQuery(claim).execute(this.db)).rows;
  }

  /** Gives since when nothing was delivered to the webhook; null when something was just now, or when somebody else has settled it. */
  async settle(settled: Settled): Promise<Date | null> {
    return await this.db.transaction().execute(async (trx) => {
      const { webhookId, deliveryId, tries, status, afterMs, answerStatus, answerText, problem, durationMs } = settled;
      const { numUpdatedRows } = await trx.updateTable('webhook_deliveries')
        .set({
          status, attempts: tries + 1, next_attempt_at: afterMs === null ? null : sql<Date>`now() + ${afterMs} * interval '1 millisecond'`, lease_until: null, last_attempt_at: sql<Date>`now()`,
          answer_status: answerStatus, answer_text: answerText, problem, duration_ms: durationMs,
        })
        .where('webhook_id', '=', webhookId).where('delivery_id', '=', deliveryId).where('status', '=', 'waiting').where('attempts', '=', tries).executeTakeFirst();
      return numUpdatedRows > 0n ? await noteHealth(trx, webhookId, status === 'delivered') : null;
    });
  }

  async page({ projectId }: ProjectScope, webhookId: string, { status, limit, before }: Page): Promise<{ items: WebhookDelivery[]; last: { at: string; id: string } | null }> {
    let query = this.db.selectFrom('webhook_deliveries').select(SHOWN).select(sql<string>`to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('exactly'))
      .where('webhook_id', '=', webhookId).where('project_id', '=', projectId);
    if (status) query = query.where('status', '=', status);
    if (before) query = query.where(sql<boolean>`(created_at, delivery_id) < (${before.at}::timestamptz, ${before.id}::uuid)`);
    const rows = await query.orderBy('created_at', 'desc').orderBy('delivery_id', 'desc').limit(limit + 1).execute();
    const [shown, last] = [rows.slice(0, limit), rows[limit - 1]];
    return { items: shown.map(deliveryOf), last: rows.length > limit && last ? { at: last.exactly, id: last.delivery_id } : null };
  }

  async find({ projectId }: ProjectScope, { webhookId, deliveryId }: Place): Promise<WebhookDeliveryWithBody | undefined> {
    const row = await this.db.selectFrom('webhook_deliveries').select(SHOWN).select('body').where('webhook_id', '=', webhookId).where('delivery_id', '=', deliveryId).where('project_id', '=', projectId).executeTakeFirst();
    return row && { ...deliveryOf(row), body: row.body };
  }

  /** Again from the first try, unless somebody sends it just now; waiting ones are due at once. */
  async restart({ projectId }: ProjectScope, { webhookId, deliveryId }: Place): Promise<void> {
    await this.#again(projectId, webhookId).where('delivery_id', '=', deliveryId).where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`now()`)])).execute();
  }

  /** What was given up. Gives how many. */
  async restartFailed({ projectId }: ProjectScope, webhookId: string, since: string): Promise<number> {
    const { numUpdatedRows } = await this.#again(projectId, webhookId).where('status', '=', 'failed').where('type', '<>', PING).where('occurred_at', '>=', new Date(since)).executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async lastPingAt({ projectId }: ProjectScope, webhookId: string): Promise<Date | null> {
    const row = await this.db.selectFrom('webhook_deliveries').select(({ fn }) => fn.max('created_at').as('at')).where('webhook_id', '=', webhookId).where('project_id', '=', projectId).where('type', '=', PING).executeTakeFirst();
    return row?.at ?? null;
  }

  /** A receiver gets another chance: how long it failed is counted from now on. */
  async forgiveFailures(_scope: ProjectScope, webhookId: string): Promise<void> {
    await this.db.updateTable('webhook_health').set({ failing_since: null }).where('webhook_id', '=', webhookId).execute();
  }

  async ofMissingWebhooks(): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`
      select distinct d.webhook_id as id from webhook_deliveries d where not exists (select from webhooks w where w.webhook_id = d.webhook_id)
      union select h.webhook_id from webhook_health h where not exists (select from webhooks w where w.webhook_id = h.webhook_id) limit 100`.execute(this.db);
    return rows.map(({ id }) => id);
  }

  async forgetWebhook(_scope: InternalScope, webhookId: string): Promise<void> {
    await this.db.deleteFrom('webhook_deliveries').where('webhook_id', '=', webhookId).execute();
    await this.db.deleteFrom('webhook_health').where('webhook_id', '=', webhookId).execute();
  }

  /** What is over, and what has waited for so long behind a pause. A part at a time, so that nobody waits for it. */
  async forgetBefore(instant: Date): Promise<void> {
    for (let removed = FORGOTTEN_AT_ONCE; removed === FORGOTTEN_AT_ONCE; ) {
      const { numAffectedRows } = await sql`
        delete from webhook_deliveries where (webhook_id, delivery_id) in (
          select d.webhook_id, d.delivery_id from webhook_deliveries d left join webhooks w on w.webhook_id = d.webhook_id
          where d.created_at < ${instant} and (d.status <> 'waiting' or w.status = 'paused') limit ${FORGOTTEN_AT_ONCE})`.execute(this.db);
      removed = Number(numAffectedRows ?? 0);
    }
  }

  #again(projectId: string, webhookId: string) {
    return this.db.updateTable('webhook_deliveries').set({ status: 'waiting', attempts: 0, next_attempt_at: sql<Date>`now()`, lease_until: null }).where('webhook_id', '=', webhookId).where('project_id', '=', projectId);
  }
}

const noteHealth = async (trx: Transaction<MetricsDatabase>, webhookId: string, isDelivered: boolean): Promise<Date | null> => {
  const { rows } = await sql<{ since: Date | null }>`
    insert into webhook_health (webhook_id, failing_since, last_delivered_at) values (${webhookId}, ${isDelivered ? null : sql`now()`}, ${isDelivered ? sql`now()` : null})
    on conflict (webhook_id) do update set
      failing_since = case when ${isDelivered} then null else coalesce(webhook_health.failing_since, now()) end,
      last_delivered_at = case when ${isDelivered} then now() else webhook_health.last_delivered_at end
    returning failing_since as since`.execute(trx);
  return rows[0]?.since ?? null;
};
