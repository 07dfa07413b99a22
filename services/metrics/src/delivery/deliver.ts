/** One try: sign, send, and write down what came of it. Whoever dies in between has sent, and it is sent once more. */
import { PING } from '@citrus/contracts';
import { internalScope, type Clock } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import type { Outbound, Outcome } from '@citrus/kit-service';
import { signatureOf } from '../webhook/secret.ts';
import type { WebhookHandler } from '../webhook/webhook.handler.ts';
import type { WebhookSeals } from '../webhook/webhook-seals.ts';
import type { SendingRow, WebhookStore } from '../webhook/webhook.store.ts';
import type { Claimed } from './claim.ts';
import { verdictOn, type Verdict } from './delivery-rule.ts';
import type { DeliveryStore } from './delivery.store.ts';

const SENDS = internalScope('sends what is due, whoever it belongs to');
const HOUR_MS = 3_600_000;

export type DeliverParts = {
  readonly webhooks: Pick<WebhookStore, 'sending'>; readonly seals: Pick<WebhookSeals, 'open'>; readonly deliveries: Pick<DeliveryStore, 'settle'>;
  readonly handler: Pick<WebhookHandler, 'handle' | 'traceOf'>; readonly outbound: Pick<Outbound, 'post'>;
  readonly clock: Clock; readonly chance: () => number; readonly logger: Logger;
  readonly firstMs: number; readonly pauseAfterMs: number;
};

const secretsOf = ({ secret_id: current, old_secret_id: old, old_secret_until: until }: SendingRow, now: Date): string[] => [current, ...(old !== null && until !== null && until > now ? [old] : [])];

const send = async ({ seals, outbound, clock }: DeliverParts, { deliveryId: id, body }: Claimed, webhook: SendingRow): Promise<Outcome> => {
  const now = clock();
  const secretIds = secretsOf(webhook, now);
  const opened = await seals.open([webhook.address_id, ...secretIds]);
  const address = opened.get(webhook.address_id);
  const secrets = secretIds.flatMap((secretId) => opened.get(secretId) ?? []);
  // Changed in this moment; the next try has what counts then.
  if (address === undefined || secrets.length === 0) return { kind: 'failed', code: 'webhook.changed', reason: 'The webhook was changed while this was to be sent.', durationMs: 0 };
  const timestamp = Math.floor(now.getTime() / 1000);
  const headers = {
    'content-type': 'application/json; charset=utf-8', 'user-agent': 'Citrus-Webhooks/1',
    'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatureOf({ id, timestamp, body }, secrets),
  };
  return await outbound.post(address, { headers, body: Buffer.from(body) });
};

const reasonToPause = (verdict: Verdict, { type }: Claimed, failingForMs: number, pauseAfterMs: number): string | undefined => {
  if (verdict.status === 'failed' && verdict.pause !== undefined) return verdict.pause;
  if (verdict.status === 'delivered' || type === PING || failingForMs < pauseAfterMs) return undefined;
  return `Nothing was delivered for ${Math.floor(failingForMs / HOUR_MS)} hours. Last: ${verdict.problem}`;
};

export const deliver = (parts: DeliverParts) => async (claimed: Claimed): Promise<void> => {
  const { webhooks, deliveries, handler, clock, chance, logger, firstMs, pauseAfterMs } = parts;
  const { webhookId, deliveryId, type, tries } = claimed;
  const webhook = (await webhooks.sending(SENDS, [webhookId])).get(webhookId);
  // Deleted since it was claimed: the upkeep forgets the delivery.
  if (!webhook) return;
  const outcome = await send(parts, claimed, webhook);
  const verdict = verdictOn({ type, tries, outcome, firstMs, chance: chance() });
  const told = outcome.kind === 'answered' ? { answerStatus: outcome.status, answerText: outcome.text } : { answerStatus: null, answerText: null };
  const failingSince = await deliveries.settle({
    webhookId, deliveryId, tries, status: verdict.status, afterMs: verdict.status === 'waiting' ? verdict.afterMs : null,
    ...told, problem: verdict.status === 'delivered' ? null : verdict.problem, durationMs: outcome.durationMs,
  });
  logger.info({ event: 'webhook.tried', webhook_id: webhookId, delivery_id: deliveryId, tries: tries + 1, status: verdict.status, duration_ms: outcome.durationMs, ...(outcome.kind === 'failed' && { code: outcome.code }) }, 'a delivery was tried');
  const reason = reasonToPause(verdict, claimed, failingSince ? clock().getTime() - failingSince.getTime() : 0, pauseAfterMs);
  if (reason === undefined) return;
  logger.warn({ event: 'webhook.paused', webhook_id: webhookId }, 'a webhook was paused');
  await handler.handle(webhookId, { type: 'PauseWebhook', data: { reason, at: clock().toISOString() } }, await handler.traceOf(webhookId));
};
