/** Webhooks as rows: what people see, and what deliveries go by. */
import { defineFold } from '@citrus/kit-event-store';
import { WEBHOOK_EVENTS, type WebhookEvent } from './webhook.events.ts';

export type FoldedWebhook = {
  webhook_id: string; project_id: string; description: string; host: string; address_id: string; types: string[];
  secret_id: string; old_secret_id: string | null; old_secret_until: string | null;
  status: 'active' | 'paused'; paused_reason: string | null; created_at: string; updated_at: string;
};

const changeBy = (event: Exclude<WebhookEvent, { type: 'WebhookCreated' | 'WebhookDeleted' }>): Partial<FoldedWebhook> => {
  switch (event.type) {
    case 'WebhookChanged': {
      const { description, host, addressId, types } = event.data;
      return { description, host, address_id: addressId, types };
    }
    case 'WebhookPaused': return { status: 'paused', paused_reason: event.data.reason };
    case 'WebhookResumed': return { status: 'active', paused_reason: null };
    case 'WebhookSecretRotated': return { secret_id: event.data.secretId, old_secret_id: event.data.replaces, old_secret_until: event.data.replacedUntil };
  }
};

const created = ({ webhookId, projectId, description, host, addressId, types, secretId }: Extract<WebhookEvent, { type: 'WebhookCreated' }>['data'], at: string): FoldedWebhook => ({
  webhook_id: webhookId, project_id: projectId, description, host, address_id: addressId, types, secret_id: secretId,
  old_secret_id: null, old_secret_until: null, status: 'active', paused_reason: null, created_at: at, updated_at: at,
});

export const webhooksProjection = defineFold<FoldedWebhook>({
  name: 'webhooks',
  version: 1,
  table: 'webhooks',
  key: ['webhook_id'],
  handles: WEBHOOK_EVENTS,
  keyOf: ({ data }) => [String(data['webhookId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as WebhookEvent;
    if (event.type === 'WebhookCreated') return created(event.data, envelope.at);
    if (event.type === 'WebhookDeleted' || !row) return undefined;
    return { ...row, ...changeBy(event), updated_at: envelope.at };
  },
});
