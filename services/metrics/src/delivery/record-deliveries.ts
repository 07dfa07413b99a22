/** From an event of some log to what is sent of it. The same event again adds nothing: a delivery is named after it. Nobody needs to be told of his own beginning. */
import { matchesAny, WEBHOOK_EVENT_TYPES, type EventEnvelope, type LoggedService } from '@citrus/contracts';
import { internalScope } from '@citrus/kit-domain';
import { webhookStream } from '../webhook/webhook.events.ts';
import type { WebhookStore } from '../webhook/webhook.store.ts';
import type { DeliveryStore } from './delivery.store.ts';
import { bodyOf } from './outside-view.ts';

const EVENTS = internalScope('tells the webhooks of the event’s own project, whoever made them');
const KNOWN = new Set(WEBHOOK_EVENT_TYPES);

/** `caughtUp`: throws Unavailable until the webhooks are shown that there were when this process began; before, one that is not there yet would miss what happens. */
type Parts = { readonly caughtUp: () => Promise<void>; readonly webhooks: Pick<WebhookStore, 'thereAt'>; readonly deliveries: Pick<DeliveryStore, 'add'>; readonly wake: () => void };

export const recordDeliveries = ({ caughtUp, webhooks, deliveries, wake }: Parts, service: LoggedService) => async (event: EventEnvelope): Promise<void> => {
  const { id, type, at, projectId, stream } = event;
  if (projectId === undefined || !KNOWN.has(type)) return;
  await caughtUp();
  const there = (await webhooks.thereAt(EVENTS, { projectId, at })).filter((webhook) => matchesAny(webhook.types, type) && !(type === 'WebhookCreated' && stream === webhookStream(webhook.webhook_id)));
  if (there.length === 0) return;
  const body = bodyOf(service, event);
  if ((await deliveries.add(there.map((webhook) => ({ webhookId: webhook.webhook_id, deliveryId: id, projectId, type, body, occurredAt: at })))) > 0) wake();
};
