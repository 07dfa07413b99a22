/** Every event that this service's log has or has had; all of them are public. */
import { PUBLIC_EVENTS, type EventDefinition } from '@citrus/contracts';
import type { WebhookEvent } from './webhook/webhook.events.ts';

export const metricsEvents = PUBLIC_EVENTS.metrics satisfies Record<WebhookEvent['type'], EventDefinition>;
