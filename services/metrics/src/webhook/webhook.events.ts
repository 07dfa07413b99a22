/** The facts of a stream `webhook-<webhookId>`; all of them are public and live in contracts. Neither the address nor a secret is in them: they name the rows that those are sealed in. */
import type { WebhookChanged, WebhookCreated, WebhookDeleted, WebhookPaused, WebhookResumed, WebhookSecretRotated } from '@citrus/contracts';
import type { z } from 'zod';

export type CreatedWebhook = z.infer<typeof WebhookCreated>;
export type ChangedWebhook = z.infer<typeof WebhookChanged>;
export type RotatedWebhook = z.infer<typeof WebhookSecretRotated>;

export type WebhookEvent =
  | { type: 'WebhookCreated'; data: CreatedWebhook }
  | { type: 'WebhookChanged'; data: ChangedWebhook }
  | { type: 'WebhookPaused'; data: z.infer<typeof WebhookPaused> }
  | { type: 'WebhookResumed'; data: z.infer<typeof WebhookResumed> }
  | { type: 'WebhookSecretRotated'; data: RotatedWebhook }
  | { type: 'WebhookDeleted'; data: z.infer<typeof WebhookDeleted> };

export const WEBHOOK_EVENTS: readonly WebhookEvent['type'][] = ['WebhookCreated', 'WebhookChanged', 'WebhookPaused', 'WebhookResumed', 'WebhookSecretRotated', 'WebhookDeleted'];

export const webhookStream = (webhookId: string): string => `webhook-${webhookId}`;
