/** Webhooks out: events of a project, sent to addresses that its admins enter. For admins, because an address may have a secret in it. */
import {
  changeWebhook, createWebhook, deleteWebhook, DeliveryQuery, Instant, listDeliveries, listWebhooks, NewWebhook, pageOf, pauseWebhook, PING, pingWebhook, readDelivery, readWebhook, redeliver, redeliverSince, resumeWebhook, rotateWebhookSecret,
  Webhook, WebhookChanges, WebhookDelivery, WebhookDeliveryWithBody, WebhookId, WebhookQuery, WebhookWithSecret, WEBHOOK_EVENT_TYPES,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: WebhookId });
const OneDelivery = z.strictObject({ id: WebhookId, deliveryId: z.uuid() });
const Types = z.object({ items: z.array(z.string()), ping: z.string() });
const rule = memberOfProject('admin');

const types = defineRoute({ method: 'GET', path: '/api/webhooks/types', summary: 'Which events a webhook can carry', rule, reply: Types });
const list = defineRoute({ method: 'GET', path: '/api/webhooks', summary: 'The webhooks of a project', rule, query: z.strictObject(WebhookQuery), reply: pageOf(Webhook) });
const create = defineRoute({ method: 'POST', path: '/api/webhooks', summary: 'Send events to an address; its secret is shown once', rule, body: z.strictObject(NewWebhook), reply: WebhookWithSecret, status: 201 });
const read = defineRoute({ method: 'GET', path: '/api/webhooks/:id', summary: 'One webhook', rule, params: One, reply: Webhook });
const change = defineRoute({ method: 'POST', path: '/api/webhooks/:id/change', summary: 'Change where a webhook goes and what it carries; what is left out stays', rule, params: One, body: z.strictObject(WebhookChanges), reply: Webhook });
const pause = defineRoute({ method: 'POST', path: '/api/webhooks/:id/pause', summary: 'Send nothing until it is resumed; events wait', rule, params: One, reply: Webhook });
const resume = defineRoute({ method: 'POST', path: '/api/webhooks/:id/resume', summary: 'Send again, what waited too', rule, params: One, reply: Webhook });
const rotate = defineRoute({ method: 'POST', path: '/api/webhooks/:id/rotate', summary: 'Give a webhook another secret, shown once; the old one is signed with for a day more', rule, params: One, reply: WebhookWithSecret });
const remove = defineRoute({ method: 'DELETE', path: '/api/webhooks/:id', summary: 'Delete a webhook, its secrets and its deliveries', rule, params: One, reply: z.object({}) });
const ping = defineRoute({ method: 'POST', path: '/api/webhooks/:id/ping', summary: 'Send a test', rule, params: One, reply: WebhookDelivery, status: 202 });
const deliveries = defineRoute({ method: 'GET', path: '/api/webhooks/:id/deliveries', summary: 'What was sent and what became of it, the newest first', rule, params: One, query: z.strictObject(DeliveryQuery), reply: pageOf(WebhookDelivery) });
const delivery = defineRoute({ method: 'GET', path: '/api/webhooks/:id/deliveries/:deliveryId', summary: 'One delivery, with what is sent', rule, params: OneDelivery, reply: WebhookDeliveryWithBody });
const again = defineRoute({ method: 'POST', path: '/api/webhooks/:id/deliveries/:deliveryId/redeliver', summary: 'Send one delivery again', rule, params: OneDelivery, reply: WebhookDelivery, status: 202 });
const againSince = defineRoute({ method: 'POST', path: '/api/webhooks/:id/redeliver', summary: 'Send again what was given up since an instant', rule, params: One, body: z.strictObject({ since: Instant }), reply: z.object({ deliveries: z.int() }), status: 202 });

/** A name is looked up far away. */
const patiently = ({ carried }: Visit) => ({ ...carried, timeoutMs: 15_000 });
const oneOf = ({ projectId }: Visit, { id }: z.infer<typeof One>) => ({ projectId, webhookId: id });

@Controller()
export class WebhookController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(types)
  types(): z.infer<typeof Types> {
    return { items: [...WEBHOOK_EVENT_TYPES], ping: PING };
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof list.reply>> {
    return this.requests.call(listWebhooks, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(create)
  create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit): Promise<WebhookWithSecret> {
    return this.requests.call(createWebhook, { projectId: visit.projectId, webhookId: WebhookId.parse(visit.newId('webhook')), ...body }, patiently(visit));
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<Webhook> {
    return this.requests.call(readWebhook, oneOf(visit, params), visit.carried);
  }

  @Route(change)
  change(@Input() { params, body }: InputOf<typeof change>, @By() visit: Visit): Promise<Webhook> {
    return this.requests.call(changeWebhook, { ...oneOf(visit, params), ...body }, patiently(visit));
  }

  @Route(pause)
  pause(@Input() { params }: InputOf<typeof pause>, @By() visit: Visit): Promise<Webhook> {
    return this.requests.call(pauseWebhook, oneOf(visit, params), visit.carried);
  }

  @Route(resume)
  resume(@Input() { params }: InputOf<typeof resume>, @By() visit: Visit): Promise<Webhook> {
    return this.requests.call(resumeWebhook, oneOf(visit, params), visit.carried);
  }

  @Route(rotate)
  rotate(@Input() { params }: InputOf<typeof rotate>, @By() visit: Visit): Promise<WebhookWithSecret> {
    return this.requests.call(rotateWebhookSecret, oneOf(visit, params), visit.carried);
  }

  @Route(remove)
  remove(@Input() { params }: InputOf<typeof remove>, @By() visit: Visit): Promise<object> {
    return this.requests.call(deleteWebhook, oneOf(visit, params), visit.carried);
  }

  @Route(ping)
  ping(@Input() { params }: InputOf<typeof ping>, @By() visit: Visit): Promise<WebhookDelivery> {
    return this.requests.call(pingWebhook, oneOf(visit, params), visit.carried);
  }

  @Route(deliveries)
  deliveries(@Input() { params, query }: InputOf<typeof deliveries>, @By() visit: Visit): Promise<{ items: WebhookDelivery[]; nextCursor: string | null }> {
    return this.requests.call(listDeliveries, { ...oneOf(visit, params), ...query }, visit.carried);
  }

  @Route(delivery)
  delivery(@Input() { params }: InputOf<typeof delivery>, @By() visit: Visit): Promise<WebhookDeliveryWithBody> {
    return this.requests.call(readDelivery, { ...oneOf(visit, params), deliveryId: params.deliveryId }, visit.carried);
  }

  @Route(again)
  again(@Input() { params }: InputOf<typeof again>, @By() visit: Visit): Promise<WebhookDelivery> {
    return this.requests.call(redeliver, { ...oneOf(visit, params), deliveryId: params.deliveryId }, visit.carried);
  }

  @Route(againSince)
  againSince(@Input() { params, body }: InputOf<typeof againSince>, @By() visit: Visit): Promise<{ deliveries: number }> {
    return this.requests.call(redeliverSince, { ...oneOf(visit, params), since: body.since }, visit.carried);
  }
}
