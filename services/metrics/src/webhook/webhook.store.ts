/** Questions about webhooks. */
import { PING } from '@citrus/contracts';
import type { InternalScope, ProjectScope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

export type WebhookRow = Selectable<MetricsDatabase['webhooks']> & {
  readonly failing_since: Date | null; readonly last_delivered_at: Date | null; readonly waiting: number; readonly failed: number;
};
/** What is needed to decide whether an event goes out, and to send it. */
export type SendingRow = Pick<Selectable<MetricsDatabase['webhooks']>, 'webhook_id' | 'types' | 'address_id' | 'secret_id' | 'old_secret_id' | 'old_secret_until'>;

const SENDING = ['webhook_id', 'types', 'address_id', 'secret_id', 'old_secret_id', 'old_secret_until'] as const;
const countOf = (status: 'waiting' | 'failed') => sql<number>`(select count(*)::int from webhook_deliveries d where d.webhook_id = w.webhook_id and d.status = ${status} and d.type <> ${PING})`.as(status);

export class WebhookStore {
  constructor(private readonly db: Kysely<MetricsDatabase>) {}

  async find(scope: ProjectScope, webhookId: string): Promise<WebhookRow | undefined> {
    return await this.#inProject(scope).where('w.webhook_id', '=', webhookId).executeTakeFirst();
  }

  /** The oldest first. */
  async list(scope: ProjectScope): Promise<WebhookRow[]> {
    return await this.#inProject(scope).orderBy('w.created_at').orderBy('w.webhook_id').execute();
  }

  async count({ projectId }: ProjectScope): Promise<number> {
    const { count } = await this.db.selectFrom('webhooks').select(sql<number>`count(*)::int`.as('count')).where('project_id', '=', projectId).executeTakeFirstOrThrow();
    return count;
  }

  /** Those that were there when an event of their project happened. */
  async thereAt(_scope: InternalScope, { projectId, at }: { projectId: string; at: string }): Promise<SendingRow[]> {
    return await this.db.selectFrom('webhooks').select(SENDING).where('project_id', '=', projectId).where('created_at', '<=', new Date(at)).execute();
  }

  async sending(_scope: InternalScope, webhookIds: readonly string[]): Promise<ReadonlyMap<string, SendingRow>> {
    if (webhookIds.length === 0) return new Map();
    const rows = await this.db.selectFrom('webhooks').select(SENDING).where('webhook_id', 'in', webhookIds).execute();
    return new Map(rows.map((row) => [row.webhook_id, row]));
  }

  #inProject({ projectId }: ProjectScope) {
    return this.db.selectFrom('webhooks as w').leftJoin('webhook_health as h', 'h.webhook_id', 'w.webhook_id').selectAll('w')
      .select(['h.failing_since', 'h.last_delivered_at', countOf('waiting'), countOf('failed')]).where('w.project_id', '=', projectId);
  }
}
