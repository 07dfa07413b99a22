/**
 * The webhooks of a project, as its admins manage them. Whether an address may be called is found out before anything
 * depends on it; address and secret are sealed before the log tells of them; what a crash in between leaves is swept away
 * later (`webhook-upkeep.ts`).
 */
import { MOST_WEBHOOKS, SECRETS_OVERLAP_MS, uselessPatterns, type changeWebhook, type createWebhook, type Webhook, type WebhookWithSecret } from '@citrus/contracts';
import { Refusal, Unavailable, type Clock, type ProjectScope } from '@citrus/kit-domain';
import type { AppendContext, Projections } from '@citrus/kit-event-store';
import type { Outbound } from '@citrus/kit-service';
import type { z } from 'zod';
import { createTurns } from './in-turn.ts';
import { newSecret } from './secret.ts';
import type { WebhookSeals } from './webhook-seals.ts';
import { reusedKey, unknownWebhook, type KnownWebhook, type WebhookCommand } from './webhook.decider.ts';
import type { WebhookHandler } from './webhook.handler.ts';
import type { WebhookRow, WebhookStore } from './webhook.store.ts';

export type WebhookParts = {
  readonly handler: WebhookHandler; readonly store: WebhookStore; readonly seals: WebhookSeals; readonly outbound: Pick<Outbound, 'check'>;
  readonly projections: Pick<Projections, 'reached'>; readonly clock: Clock;
  /** The receiver gets another chance: how long it failed is counted anew. */
  readonly forgive: (scope: ProjectScope, webhookId: string) => Promise<void>;
  /** What can be sent may have changed. */
  readonly wake: () => void;
};
export type One = { readonly scope: ProjectScope; readonly webhookId: string; readonly trail: Omit<AppendContext, 'commandId'> };
type Create = z.infer<typeof createWebhook.input>;
type Changes = Pick<z.infer<typeof changeWebhook.input>, 'url' | 'description' | 'types'>;

const checkTypes = (types: readonly string[]): void => {
  const [useless] = uselessPatterns(types);
  if (useless !== undefined) throw new Refusal('webhook.unknown_type', `No event is called ${useless}. See which there are: citrus webhooks types`, [{ path: 'types', message: `${useless} is no event type` }]);
};

const shown = (row: WebhookRow, url: string, now: Date): Webhook => ({
  id: row.webhook_id, projectId: row.project_id, url, description: row.description, types: row.types, status: row.status, pausedReason: row.paused_reason,
  oldSecretUntil: row.old_secret_until && row.old_secret_until > now ? row.old_secret_until.toISOString() : null,
  failingSince: row.failing_since?.toISOString() ?? null, lastDeliveredAt: row.last_delivered_at?.toISOString() ?? null, waiting: row.waiting, failed: row.failed,
  createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(),
}) as Webhook;

export class Webhooks {
  /** Of those who create at once in a project, each counts what the others have made; of two replicas, each may be one too generous. */
  readonly #inTurn = createTurns();

  constructor(private readonly parts: WebhookParts) {}

  async list(scope: ProjectScope): Promise<Webhook[]> {
    return await this.#shown(await this.parts.store.list(scope));
  }

  async read({ scope, webhookId }: Pick<One, 'scope' | 'webhookId'>): Promise<Webhook> {
    const row = await this.parts.store.find(scope, webhookId);
    const [webhook] = await this.#shown(row ? [row] : []);
    if (!webhook) throw unknownWebhook();
    return webhook;
  }

  /** The same wish again, by its id, gets the same answer. */
  async create(asked: Create, one: One): Promise<WebhookWithSecret> {
    checkTypes(asked.types);
    const address = await this.parts.outbound.check(asked.url);
    return await this.#inTurn(one.scope.projectId, () => this.#create({ ...asked, address }, one));
  }

  async #create({ webhookId, projectId, address, description, types }: Omit<Create, 'url'> & { readonly address: string }, one: One): Promise<WebhookWithSecret> {
    const { handler, store, seals, clock } = this.parts;
    const before = await handler.load(webhookId);
    // The log compares all but the address, which is not in it.
    if ((before.status === 'active' || before.status === 'paused') && (await seals.open([before.addressId])).get(before.addressId) !== address) throw reusedKey();
    if (before.status === 'none' && (await store.count(one.scope)) >= MOST_WEBHOOKS) throw new Refusal('webhook.too_many', `There are ${MOST_WEBHOOKS} webhooks in this project already. Delete one that nobody needs.`);
    const [addressId, secretId] = [await seals.keep(webhookId, address), await seals.keep(webhookId, newSecret())];
    await this.#handle(one, { type: 'CreateWebhook', data: { webhookId, projectId, description, types, host: new URL(address).host, addressId, secretId, at: clock().toISOString() } });
    return await this.#withSecret(one);
  }

  async change({ url, description, types }: Changes, one: One): Promise<Webhook> {
    const { seals, outbound, clock } = this.parts;
    if (types) checkTypes(types);
    const state = await this.#known(one);
    const address = url === undefined ? undefined : await outbound.check(url);
    const isSame = address === undefined || (await seals.open([state.addressId])).get(state.addressId) === address;
    const place = isSame ? { host: state.host, addressId: state.addressId } : { host: new URL(address).host, addressId: await seals.keep(one.webhookId, address) };
    if (!isSame) await this.parts.forgive(one.scope, one.webhookId);
    await this.#handle(one, { type: 'ChangeWebhook', data: { description: description ?? state.description, types: types ?? [...state.types], ...place, at: clock().toISOString() } });
    return await this.read(one);
  }

  async steer(type: 'PauseWebhook' | 'ResumeWebhook', one: One): Promise<Webhook> {
    await this.#known(one);
    const at = this.parts.clock().toISOString();
    // Before: else the next failure would pause it again at once.
    if (type === 'ResumeWebhook') await this.parts.forgive(one.scope, one.webhookId);
    await this.#handle(one, type === 'PauseWebhook' ? { type, data: { at, reason: null } } : { type, data: { at } });
    return await this.read(one);
  }

  async rotate(one: One): Promise<WebhookWithSecret> {
    await this.#known(one);
    const now = this.parts.clock();
    const secretId = await this.parts.seals.keep(one.webhookId, newSecret());
    await this.#handle(one, { type: 'RotateSecret', data: { secretId, replacedUntil: new Date(now.getTime() + SECRETS_OVERLAP_MS).toISOString(), at: now.toISOString() } });
    return await this.#withSecret(one);
  }

  /** What was sealed for it and what was to be sent is swept away by the upkeep; nothing is sent from here on. */
  async delete(one: One): Promise<void> {
    const state = await this.parts.handler.load(one.webhookId);
    if (state.status === 'deleted' && state.projectId === one.scope.projectId) return;
    await this.#known(one);
    await this.#handle(one, { type: 'DeleteWebhook', data: { at: this.parts.clock().toISOString() } });
  }

  /** As the log tells it now, and of this project. */
  async #known({ scope, webhookId }: One): Promise<KnownWebhook> {
    const state = await this.parts.handler.load(webhookId);
    if (state.status === 'none' || state.status === 'deleted' || state.projectId !== scope.projectId) throw unknownWebhook();
    return state;
  }

  async #handle({ webhookId, trail }: One, command: WebhookCommand): Promise<void> {
    const { handler, projections, wake } = this.parts;
    const { position } = await handler.handle(webhookId, command, trail);
    await projections.reached(position);
    wake();
  }

  async #withSecret(one: One): Promise<WebhookWithSecret> {
    const { secretId } = await this.#known(one);
    const secret = (await this.parts.seals.open([secretId])).get(secretId);
    if (secret === undefined) throw new Unavailable('The secret of this webhook was just replaced by somebody else.');
    return { ...(await this.read(one)), secret };
  }

  async #shown(rows: readonly WebhookRow[]): Promise<Webhook[]> {
    const addresses = await this.parts.seals.open(rows.map((row) => row.address_id));
    return rows.map((row) => shown(row, addresses.get(row.address_id) ?? `https://${row.host}/`, this.parts.clock()));
  }
}
