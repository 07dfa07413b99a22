/** What was sent and what becomes of it, as people ask and decide. */
import { Instant, PING, type listDeliveries, type WebhookDelivery, type WebhookDeliveryWithBody } from '@citrus/contracts';
import { ContractViolation, NotFound, Refusal, type Clock, type ProjectScope } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { z } from 'zod';
import { unknownWebhook } from '../webhook/webhook.decider.ts';
import type { WebhookRow, WebhookStore } from '../webhook/webhook.store.ts';
import type { DeliveryStore, Place } from './delivery.store.ts';

/** So that nobody uses us to knock at somebody else's door again and again. */
const BETWEEN_PINGS_MS = 2000;

type Parts = { readonly webhooks: WebhookStore; readonly deliveries: DeliveryStore; readonly clock: Clock; readonly wake: () => void };
type Asked = Pick<z.infer<typeof listDeliveries.input>, 'status' | 'limit' | 'cursor'>;

// With microseconds, as the database has them: a page ends between two that came in the same millisecond.
const Cursor = z.tuple([Instant, z.uuid()]);

const parseCursor = (text: string): { at: string; id: string } => {
  try {
    const [at, id] = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { at, id };
  } catch (cause) {
    throw new ContractViolation('The cursor is not one of ours.', [{ path: 'cursor', message: 'take it from nextCursor of the page before' }], { cause });
  }
};

export class Deliveries {
  constructor(private readonly parts: Parts) {}

  async page(scope: ProjectScope, webhookId: string, { status, limit, cursor }: Asked): Promise<{ items: WebhookDelivery[]; nextCursor: string | null }> {
    await this.#webhook(scope, webhookId);
    const { items, last } = await this.parts.deliveries.page(scope, webhookId, { status, limit, ...(cursor !== undefined && { before: parseCursor(cursor) }) });
    return { items, nextCursor: last && Buffer.from(JSON.stringify([last.at, last.id])).toString('base64url') };
  }

  async read(scope: ProjectScope, place: Place): Promise<WebhookDeliveryWithBody> {
    const delivery = await this.parts.deliveries.find(scope, place);
    if (!delivery) throw new NotFound('delivery.unknown', 'There is no such delivery of this webhook. Deliveries are kept for two weeks.');
    return delivery;
  }

  async ping(scope: ProjectScope, webhookId: string): Promise<WebhookDelivery> {
    const { webhooks: _, deliveries, clock, wake } = this.parts;
    const webhook = await this.#webhook(scope, webhookId);
    const [last, now] = [await deliveries.lastPingAt(scope, webhookId), clock()];
    if (last && now.getTime() - last.getTime() < BETWEEN_PINGS_MS) throw new Refusal('webhook.pinged_just_now', 'A test was sent just now. Wait a moment, and look what came of it.');
    const [deliveryId, occurredAt] = [newId(), now.toISOString()];
    const body = JSON.stringify({ id: deliveryId, type: PING, occurredAt, projectId: scope.projectId, data: { webhookId, description: webhook.description } });
    await deliveries.add([{ webhookId, deliveryId, projectId: scope.projectId, type: PING, body, occurredAt }]);
    wake();
    return await this.read(scope, { webhookId, deliveryId });
  }

  async again(scope: ProjectScope, place: Place): Promise<WebhookDelivery> {
    requireActive(await this.#webhook(scope, place.webhookId));
    await this.read(scope, place);
    await this.parts.deliveries.restart(scope, place);
    this.parts.wake();
    return await this.read(scope, place);
  }

  async againSince(scope: ProjectScope, webhookId: string, since: string): Promise<number> {
    requireActive(await this.#webhook(scope, webhookId));
    const count = await this.parts.deliveries.restartFailed(scope, webhookId, since);
    this.parts.wake();
    return count;
  }

  async #webhook(scope: ProjectScope, webhookId: string): Promise<WebhookRow> {
    const webhook = await this.parts.webhooks.find(scope, webhookId);
    if (!webhook) throw unknownWebhook();
    return webhook;
  }
}

const requireActive = ({ status }: WebhookRow): void => {
  if (status === 'paused') throw new Refusal('webhook.paused', 'This webhook is paused, so nothing is sent. Resume it first.');
};
