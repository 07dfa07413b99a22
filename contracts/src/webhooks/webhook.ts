/**
 * Webhooks: events of a project, sent to an address that somebody entered. In the log stand the host and which event
 * types; the address itself may have a secret in its path, so it is sealed beside the signing secret (docs/adr/0039).
 */
import { z } from 'zod';
import { Instant, nameText, plainText, ProjectId, WebhookId } from '../ids.ts';
import { PageRequest, pageOf, shortList } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

export const MOST_WEBHOOKS = 20;
/** Secrets overlap for so long while one takes the place of the other. */
export const SECRETS_OVERLAP_MS = 24 * 3_600_000;

const about = { webhookId: WebhookId, at: Instant };
/** `*`, an event type, or the beginning of some and a `*`. */
const types = z.array(z.string());
/** `host` is for people; `addressId` names the row that the whole address is sealed in. */
const address = { host: z.string(), addressId: z.uuid() };
/** The public facts of a stream `webhook-<webhookId>`. */
export const WebhookCreated = z.object({ ...about, projectId: ProjectId, description: z.string(), ...address, types, secretId: z.uuid() });
/** All of it, as it is from now on. */
export const WebhookChanged = z.object({ ...about, description: z.string(), ...address, types });
/** `reason`: why Citrus did it by itself; null when a person did. */
export const WebhookPaused = z.object({ ...about, reason: z.string().nullable() });
export const WebhookResumed = z.object(about);
/** What is sent is signed with both until `replacedUntil`. */
export const WebhookSecretRotated = z.object({ ...about, secretId: z.uuid(), replaces: z.uuid(), replacedUntil: Instant });
export const WebhookDeleted = z.object(about);

export const WebhookPattern = z.string().regex(/^(\*|[A-Za-z][A-Za-z0-9]{0,63}\*?)$/, 'write an event type, the beginning of some with a * after it, or * for all');
const url = plainText(2048);
const description = nameText(200);
const patterns = z.array(WebhookPattern).min(1, 'name at least one event type, or * for all').max(100);
export const NewWebhook = { url, description: description.default(''), types: patterns };
/** What is left out stays. */
export const WebhookChanges = { url: url.optional(), description: description.optional(), types: patterns.optional() };

export const Webhook = z.object({
  id: WebhookId, projectId: ProjectId, url: z.string(), description: z.string(), types,
  status: z.enum(['active', 'paused']),
  /** Why Citrus paused it; null when a person did, or when it is active. */
  pausedReason: z.string().nullable(),
  /** Until then what is sent is signed with the secret before, too. */
  oldSecretUntil: Instant.nullable(),
  /** Since when nothing was delivered although it was tried. */
  failingSince: Instant.nullable(),
  lastDeliveredAt: Instant.nullable(),
  /** Deliveries that are kept: still to come (also while it is paused), and given up. */
  waiting: z.int().min(0), failed: z.int().min(0),
  createdAt: Instant, updatedAt: Instant,
});
export type Webhook = z.infer<typeof Webhook>;
/** Shown once. */
export const WebhookWithSecret = Webhook.extend({ secret: z.string() });
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

/** `failed`: given up after the last try. */
export const DeliveryStatus = z.enum(['waiting', 'delivered', 'failed']);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;
export const WebhookDelivery = z.object({
  /** The event's id, which the receiver gets as `webhook-id`. */
  id: z.uuid(), webhookId: WebhookId, type: z.string(), status: DeliveryStatus,
  /** Since it was asked for the last time. */
  attempts: z.int().min(0),
  occurredAt: Instant, nextAttemptAt: Instant.nullable(), lastAttemptAt: Instant.nullable(),
  /** Of the last attempt: the answer's status and beginning, or what went wrong. */
  answerStatus: z.int().nullable(), answerText: z.string().nullable(), problem: z.string().nullable(), durationMs: z.int().nullable(),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;
/** With what is sent, letter by letter. */
export const WebhookDeliveryWithBody = WebhookDelivery.extend({ body: z.string() });
export type WebhookDeliveryWithBody = z.infer<typeof WebhookDeliveryWithBody>;
export const DeliveryQuery = { ...PageRequest, status: DeliveryStatus.optional() };

/** The type of a delivery that somebody asked for to see whether it arrives. */
export const PING = 'ping';

const admins = { by: 'member', role: 'admin' } as const;
const one = { projectId: ProjectId, webhookId: WebhookId };
const oneDelivery = z.strictObject({ ...one, deliveryId: z.uuid() });
const subject = (verb: string) => subjects.rpc('metrics', 'webhook', verb);

export const createWebhook = defineRequest({ subject: subject('create'), input: z.strictObject({ ...one, ...NewWebhook }), reply: WebhookWithSecret, access: admins });
/** All of them: there are few. */
export const WebhookQuery = { status: Webhook.shape.status.optional(), ...shortList('createdAt') };
export const listWebhooks = defineRequest({ subject: subject('list'), input: z.strictObject({ projectId: ProjectId, ...WebhookQuery }), reply: pageOf(Webhook), access: admins });
export const readWebhook = defineRequest({ subject: subject('read'), input: z.strictObject(one), reply: Webhook, access: admins });
export const changeWebhook = defineRequest({ subject: subject('change'), input: z.strictObject({ ...one, ...WebhookChanges }), reply: Webhook, access: admins });
export const pauseWebhook = defineRequest({ subject: subject('pause'), input: z.strictObject(one), reply: Webhook, access: admins });
export const resumeWebhook = defineRequest({ subject: subject('resume'), input: z.strictObject(one), reply: Webhook, access: admins });
export const rotateWebhookSecret = defineRequest({ subject: subject('rotate'), input: z.strictObject(one), reply: WebhookWithSecret, access: admins });
export const deleteWebhook = defineRequest({ subject: subject('delete'), input: z.strictObject(one), reply: z.object({}), access: admins });
export const pingWebhook = defineRequest({ subject: subject('ping'), input: z.strictObject(one), reply: WebhookDelivery, access: admins });
/** The newest first. */
export const listDeliveries = defineRequest({ subject: subject('deliveries'), input: z.strictObject({ ...one, ...DeliveryQuery }), reply: pageOf(WebhookDelivery), access: admins });
export const readDelivery = defineRequest({ subject: subject('delivery'), input: oneDelivery, reply: WebhookDeliveryWithBody, access: admins });
export const redeliver = defineRequest({ subject: subject('redeliver'), input: oneDelivery, reply: WebhookDelivery, access: admins });
/** What happened since then and was given up. */
export const redeliverSince = defineRequest({ subject: subject('redeliver-since'), input: z.strictObject({ ...one, since: Instant }), reply: z.object({ deliveries: z.int().min(0) }), access: admins });
