/**
 * Addresses and secrets at rest: each in a row of its own, sealed with the master key, which is not in the database, and
 * bound to its row. Nothing is changed in place: a new row comes beside the old one, which is destroyed.
 */
import { openWithKey, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import { newId } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

/** The place that a seal is bound to. */
export const placeOfSeal = (id: string): string => `webhook-seal-${id}`;

export type KeptSeal = { readonly id: string; readonly webhookId: string };

export class WebhookSeals {
  constructor(
    private readonly db: Kysely<MetricsDatabase>,
    private readonly keys: MasterKeys,
  ) {}

  /** Before the log tells of it, so that the log never names what is not there. Gives the row's id. */
  async keep(webhookId: string, text: string): Promise<string> {
    const id = newId();
    await this.db.insertInto('webhook_seals').values({ id, webhook_id: webhookId, sealed: sealWithKey(this.keys, text, placeOfSeal(id)) }).execute();
    return id;
  }

  /** By id; what was destroyed is left out. @throws SealBroken */
  async open(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.db.selectFrom('webhook_seals').select(['id', 'sealed']).where('id', 'in', ids).execute();
    return new Map(rows.map(({ id, sealed }) => [id, openWithKey(this.keys, sealed, placeOfSeal(id))]));
  }

  async destroy(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.db.deleteFrom('webhook_seals').where('id', 'in', ids).execute();
  }

  /** Rows from before this instant that no webhook names in its read model: perhaps nothing needs them. */
  async unnamedBefore(instant: Date): Promise<readonly KeptSeal[]> {
    const rows = await this.db.selectFrom('webhook_seals as s').leftJoin('webhooks as w', 'w.webhook_id', 's.webhook_id').select(['s.id', 's.webhook_id'])
      .where('s.created_at', '<', instant)
      .where((eb) => eb.or([eb('w.webhook_id', 'is', null), eb.and([eb('s.id', '<>', eb.ref('w.address_id')), eb('s.id', '<>', eb.ref('w.secret_id')), eb.or([eb('w.old_secret_id', 'is', null), eb('s.id', '<>', eb.ref('w.old_secret_id')), eb('w.old_secret_until', '<', instant)])])]))
      .limit(1000).execute();
    return rows.map(({ id, webhook_id: webhookId }) => ({ id, webhookId }));
  }
}
