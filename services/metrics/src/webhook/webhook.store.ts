/** Questions about webhooks. */
import { PING } from '@citrus/contracts';
import type { InternalScope, ProjectScope } from '@citrus/kit-domain';
import { gather } from '@citrus/kit-event-store';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

export type WebhookRow = Selectable<MetricsDatabase['webhooks']> & {
  readonly failing_since: Date | null; readonly last_delivered_at: Date | null; readonly waiting: number; readonly failed: number;
};
/** What is needed to decide whether an event goes out, and to send it. */
export type SendingRow = Pick<Selectable<MetricsDatabase['webhooks']>, 'webhook_id' | 'types' | 'address_id' | 'secret_id' | 'old_secret_id' | 'old_secret_until'>;

const SENDING = ['webhook_id', 'types', 'address_id', 'secret_id', 'old_secret_id', 'old_secret_until'] as const;
const countOf = (status: 'waiting' | 'failed') => sql<number>`(select count(*)::int from webhook_deliveries d where d.webhook_id = w.webhook_id and d.status = ${status} and d.type <> ${PING})`.as(status);

export type ProjectWebhook = SendingRow & Pick<Selectable<MetricsDatabase['webhooks']>, 'project_id' | 'created_at'>;

export class WebhookStore {
  readonly #ofProjects = gather(async (asked: readonly (readonly string[])[]): Promise<ProjectWebhook[][]> => {
    const rows = await this.db.selectFrom('webhooks').select([...SENDING, 'project_id', 'created_at']).where(sql<boolean>`project_id = any(${[...new Set(asked.flat())]}::uuid[])`).execute();
    return asked.map((projectIds) => rows.filter(({ project_id }) => projectIds.includes(project_id)));
  });

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

  /** Of these projects, whenever they were made; who asks at the same time shares the question. */
  async ofProjects(_scope: InternalScope, projectIds: readonly string[]): Promise<ProjectWebhook[]> {
    return await this.#ofProjects(projectIds);
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
