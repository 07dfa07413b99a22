/** Destroys what was sealed for nothing: of webhooks that are deleted, secrets that were replaced, and wishes that died half-way. The log says what is needed, never the read model alone. */
import { internalScope, type Clock } from '@citrus/kit-domain';
import type { DeliveryStore } from '../delivery/delivery.store.ts';
import type { WebhookSeals } from './webhook-seals.ts';
import { neededRows } from './webhook.decider.ts';
import type { WebhookHandler } from './webhook.handler.ts';

type Parts = { readonly handler: Pick<WebhookHandler, 'load'>; readonly seals: WebhookSeals; readonly deliveries: DeliveryStore; readonly clock: Clock; readonly keptMs: number };

const SWEEPS = internalScope('sweeps up after webhooks that are deleted, whoever they belonged to');
/** A wish that is still being carried out has sealed what the log does not name yet. */
const A_WISH_TAKES_AT_MOST_MS = 600_000;

export const webhookUpkeep = ({ handler, seals, deliveries, clock, keptMs }: Parts) => async (): Promise<void> => {
  const now = clock();
  for (const { id, webhookId } of await seals.unnamedBefore(new Date(now.getTime() - A_WISH_TAKES_AT_MOST_MS))) {
    if (!neededRows(await handler.load(webhookId), now.toISOString()).includes(id)) await seals.destroy([id]);
  }
  for (const webhookId of await deliveries.ofMissingWebhooks()) {
    if ((await handler.load(webhookId)).status === 'deleted') await deliveries.forgetWebhook(SWEEPS, webhookId);
  }
  await deliveries.forgetBefore(new Date(now.getTime() - keptMs));
};
