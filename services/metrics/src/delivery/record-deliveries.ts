/** From an event of some log to what is sent of it. The same event again adds nothing: a delivery is named after it. Nobody needs to be told of his own beginning. */
import { matchesAny, WEBHOOK_EVENT_TYPES, type EventEnvelope, type LoggedService } from '@citrus/contracts';
import { internalScope } from '@citrus/kit-domain';
import { webhookStream } from '../webhook/webhook.events.ts';
import type { ProjectWebhook, WebhookStore } from '../webhook/webhook.store.ts';
import type { DeliveryStore, NewDelivery } from './delivery.store.ts';
import { bodyOf } from './outside-view.ts';

const EVENTS = internalScope('tells the webhooks of the event’s own project, whoever made them');
const KNOWN = new Set(WEBHOOK_EVENT_TYPES);

/** `caughtUp`: throws Unavailable until the webhooks are shown that there were when this process began; before, one that is not there yet would miss what happens. */
type Parts = { readonly caughtUp: () => Promise<void>; readonly webhooks: Pick<WebhookStore, 'ofProjects'>; readonly deliveries: Pick<DeliveryStore, 'add'>; readonly wake: () => void };

type OwnEvent = EventEnvelope & { readonly projectId: string };
const isTold = (event: EventEnvelope): event is OwnEvent => event.projectId !== undefined && KNOWN.has(event.type);

/** Those that were there when it happened. */
const hears = ({ webhook_id, project_id, created_at, types }: ProjectWebhook, { projectId, type, at, stream }: OwnEvent): boolean =>
  project_id === projectId && created_at <= new Date(at) && matchesAny(types, type) && !(type === 'WebhookCreated' && stream === webhookStream(webhook_id));

const deliveriesOf = (service: LoggedService, event: OwnEvent, webhooks: readonly ProjectWebhook[]): NewDelivery[] => {
  const there = webhooks.filter((webhook) => hears(webhook, event));
  if (there.length === 0) return [];
  const { id, type, at, projectId } = event;
  const body = bodyOf(service, event);
  return there.map(({ webhook_id }) => ({ webhookId: webhook_id, deliveryId: id, projectId, type, body, occurredAt: at }));
};

/** Events that came together: the webhooks are looked up once for all, after the last of them happened. */
export const recordDeliveries = ({ caughtUp, webhooks, deliveries, wake }: Parts, service: LoggedService) => async (events: readonly EventEnvelope[]): Promise<void> => {
  const told = events.filter(isTold);
  if (told.length === 0) return;
  await caughtUp();
  const there = await webhooks.ofProjects(EVENTS, [...new Set(told.map(({ projectId }) => projectId))]);
  if (there.length === 0) return;
  if ((await deliveries.add(told.flatMap((event) => deliveriesOf(service, event, there)))) > 0) wake();
};
