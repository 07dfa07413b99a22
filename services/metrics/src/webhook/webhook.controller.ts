/** What people ask about webhooks and their deliveries. */
import {
  changeWebhook, createWebhook, deleteWebhook, listDeliveries, listWebhooks, pauseWebhook, pingWebhook, readDelivery, readWebhook, redeliver, redeliverSince, resumeWebhook, rotateWebhookSecret,
  type Webhook, type WebhookDelivery, type WebhookDeliveryWithBody, type WebhookWithSecret,
} from '@citrus/contracts';
import { projectScope, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, pageOfShortList, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { Deliveries } from '../delivery/deliveries.ts';
import { DELIVERIES, WEBHOOKS } from '../tokens.ts';
import type { One, Webhooks } from './webhooks.ts';

type Asked = z.infer<typeof readWebhook.input>;
type OneDelivery = z.infer<typeof readDelivery.input>;

const oneOf = ({ projectId, webhookId }: Asked, { caller, correlationId, traceparent }: RequestContext): One => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return { scope: projectScope(caller, projectId), webhookId, trail: { actor: { kind: 'user', id: caller.userId }, projectId, correlationId: correlationId || webhookId, ...(traceparent && { traceparent }) } };
};

@Controller()
export class WebhookController {
  constructor(
    @Inject(WEBHOOKS) private readonly webhooks: Webhooks,
    @Inject(DELIVERIES) private readonly deliveries: Deliveries,
  ) {}

  @OnRequest(createWebhook)
  create(asked: z.infer<typeof createWebhook.input>, context: RequestContext): Promise<WebhookWithSecret> {
    return this.webhooks.create(asked, oneOf(asked, context));
  }

  @OnRequest(listWebhooks)
  async list({ projectId, status, ...page }: z.infer<typeof listWebhooks.input>, { caller }: RequestContext): Promise<z.infer<typeof listWebhooks.reply>> {
    const all = await this.webhooks.list(projectScope(caller, projectId));
    return pageOfShortList(all.filter((webhook) => status === undefined || webhook.status === status), page, ({ id, url: name, createdAt }) => ({ id, name, createdAt }));
  }

  @OnRequest(readWebhook)
  read(asked: Asked, context: RequestContext): Promise<Webhook> {
    return this.webhooks.read(oneOf(asked, context));
  }

  @OnRequest(changeWebhook)
  change({ projectId, webhookId, ...changes }: z.infer<typeof changeWebhook.input>, context: RequestContext): Promise<Webhook> {
    return this.webhooks.change(changes, oneOf({ projectId, webhookId }, context));
  }

  @OnRequest(pauseWebhook)
  pause(asked: Asked, context: RequestContext): Promise<Webhook> {
    return this.webhooks.steer('PauseWebhook', oneOf(asked, context));
  }

  @OnRequest(resumeWebhook)
  resume(asked: Asked, context: RequestContext): Promise<Webhook> {
    return this.webhooks.steer('ResumeWebhook', oneOf(asked, context));
  }

  @OnRequest(rotateWebhookSecret)
  rotate(asked: Asked, context: RequestContext): Promise<WebhookWithSecret> {
    return this.webhooks.rotate(oneOf(asked, context));
  }

  @OnRequest(deleteWebhook)
  async delete(asked: Asked, context: RequestContext): Promise<Record<string, never>> {
    await this.webhooks.delete(oneOf(asked, context));
    return {};
  }

  @OnRequest(pingWebhook)
  ping({ projectId, webhookId }: Asked, { caller }: RequestContext): Promise<WebhookDelivery> {
    return this.deliveries.ping(projectScope(caller, projectId), webhookId);
  }

  @OnRequest(listDeliveries)
  page({ projectId, webhookId, ...page }: z.infer<typeof listDeliveries.input>, { caller }: RequestContext): Promise<{ items: WebhookDelivery[]; nextCursor: string | null }> {
    return this.deliveries.page(projectScope(caller, projectId), webhookId, page);
  }

  @OnRequest(readDelivery)
  readDelivery({ projectId, ...place }: OneDelivery, { caller }: RequestContext): Promise<WebhookDeliveryWithBody> {
    return this.deliveries.read(projectScope(caller, projectId), place);
  }

  @OnRequest(redeliver)
  redeliver({ projectId, ...place }: OneDelivery, { caller }: RequestContext): Promise<WebhookDelivery> {
    return this.deliveries.again(projectScope(caller, projectId), place);
  }

  @OnRequest(redeliverSince)
  async redeliverSince({ projectId, webhookId, since }: z.infer<typeof redeliverSince.input>, { caller }: RequestContext): Promise<{ deliveries: number }> {
    return { deliveries: await this.deliveries.againSince(projectScope(caller, projectId), webhookId, since) };
  }
}
