/** What webhooks there are, how they do, and steering them. */
import { Webhook, WebhookDelivery, WebhookWithSecret } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { AddOptions, ChangeOptions, DeliveriesOptions, RedeliverOptions, RemoveOptions, WebhookOptions } from './webhook.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly pause?: (ms: number) => Promise<unknown> };

const Types = z.object({ items: z.array(z.string()) });
const Deliveries = z.object({ items: z.array(WebhookDelivery) });
const ASK_AGAIN_MS = 500;
/** Longer than a try may take. */
const MOST_ASKED = 120;

const minutesOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);
const stateOf = ({ status, pausedReason, failingSince }: Webhook): string => (status === 'paused' ? `paused${pausedReason ? `: ${pausedReason}` : ''}` : failingSince ? `failing since ${minutesOf(failingSince)}` : 'active');
const told = (webhook: Webhook, { json }: WebhookOptions, terminal: Terminal): Promise<void> => terminal.out(json ? JSON.stringify(webhook) : `The webhook to ${printable(webhook.url)} is ${printable(stateOf(webhook))}.`);
const answerOf = ({ answerStatus, problem }: WebhookDelivery): string => problem ?? (answerStatus === null ? '' : String(answerStatus));

const tellSecret = async (webhook: WebhookWithSecret, { json }: WebhookOptions, terminal: Terminal): Promise<void> => {
  if (json) return await terminal.out(JSON.stringify(webhook));
  await terminal.out(webhook.secret);
  terminal.note(`The secret of the webhook to ${printable(webhook.url)} (${webhook.id}). It is not shown again; give it to the receiver, which checks the signatures with it.`);
};

/** @throws CliFailure when none or several are meant */
const webhookCalled = async (api: Api, wanted: string): Promise<Webhook> => {
  const items = await allOf(api, '/api/webhooks', Webhook);
  const isCalled = ({ id, url, description }: Webhook): boolean => id === wanted || url === wanted || description === wanted || new URL(url).host === wanted || (wanted.length >= 6 && id.startsWith(wanted));
  const [one, another] = items.filter(isCalled);
  if (another) throw usageFailure(`more than one webhook is called ${wanted}`, 'Say which one by its id: citrus webhooks --json');
  if (!one) throw new CliFailure(`there is no webhook ${wanted}`, { exit: EXIT.failed, code: 'webhook.unknown', advice: 'See which there are: citrus webhooks' });
  return one;
};

export const listAll = async (options: WebhookOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await allOf(api, '/api/webhooks', Webhook);
  if (items.length === 0 && !options.json) terminal.note('There are no webhooks yet. Make one: citrus webhooks add https://…');
  const rows = items.map((webhook) => [webhook.id.slice(0, 8), webhook.url, webhook.types.join(' '), stateOf(webhook), String(webhook.waiting), String(webhook.failed), minutesOf(webhook.lastDeliveredAt), webhook.description]);
  await terminal.out(options.json ? JSON.stringify({ items }) : tableOf(['ID', 'ADDRESS', 'EVENTS', 'STATE', 'WAITING', 'GIVEN UP', 'DELIVERED', 'DESCRIPTION'], rows, terminal));
};

export const listTypes = async (options: WebhookOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { items } = await api.json({ path: '/api/webhooks/types' }, Types);
  await terminal.out(options.json ? JSON.stringify({ items }) : items.join('\n'));
};

export const show = async (which: string, options: WebhookOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const webhook = await webhookCalled(api, which);
  const facts = [['id', webhook.id], ['address', webhook.url], ['description', webhook.description], ['events', webhook.types.join(' ')], ['state', stateOf(webhook)], ['old secret until', minutesOf(webhook.oldSecretUntil)], ['last delivered', minutesOf(webhook.lastDeliveredAt)], ['waiting', String(webhook.waiting)], ['given up', String(webhook.failed)]];
  await terminal.out(options.json ? JSON.stringify(webhook) : tableOf(['WHAT', 'VALUE'], facts, terminal));
};

export const add = async (url: string, { type, description, ...options }: AddOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const body = { url, types: type.length === 0 ? ['*'] : type, ...(description !== undefined && { description }) };
  await tellSecret(await api.json({ method: 'POST', path: '/api/webhooks', body, headers: { 'idempotency-key': randomUUID() } }, WebhookWithSecret), options, terminal);
};

export const change = async (which: string, { url, type, description, ...options }: ChangeOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  if (url === undefined && type.length === 0 && description === undefined) throw usageFailure('nothing to change was said', 'Say --url, --type or --description.');
  const { id } = await webhookCalled(api, which);
  const body = { ...(url !== undefined && { url }), ...(type.length > 0 && { types: type }), ...(description !== undefined && { description }) };
  await told(await api.json({ method: 'POST', path: `/api/webhooks/${id}/change`, body }, Webhook), options, terminal);
};

export const steer = async (verb: 'pause' | 'resume', which: string, options: WebhookOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id } = await webhookCalled(api, which);
  await told(await api.json({ method: 'POST', path: `/api/webhooks/${id}/${verb}` }, Webhook), options, terminal);
};

export const rotate = async (which: string, options: WebhookOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id } = await webhookCalled(api, which);
  await tellSecret(await api.json({ method: 'POST', path: `/api/webhooks/${id}/rotate` }, WebhookWithSecret), options, terminal);
};

export const remove = async (which: string, options: RemoveOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id, url } = await webhookCalled(api, which);
  await confirmed(terminal, `Delete the webhook to ${printable(url)}?`, options.yes);
  await api.json({ method: 'DELETE', path: `/api/webhooks/${id}` }, z.object({}));
  await terminal.out(options.json ? JSON.stringify({ id }) : `The webhook to ${printable(url)} is deleted.`);
};

export const listDeliveries = async (which: string, { status, limit, ...options }: DeliveriesOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id } = await webhookCalled(api, which);
  const { items } = await api.json({ path: `/api/webhooks/${id}/deliveries`, query: { limit: String(limit), ...(status !== undefined && { status }) } }, Deliveries);
  const rows = items.map((delivery) => [delivery.id, delivery.type, delivery.status, String(delivery.attempts), minutesOf(delivery.occurredAt), delivery.nextAttemptAt && delivery.status === 'waiting' ? minutesOf(delivery.nextAttemptAt) : '-', answerOf(delivery)]);
  await terminal.out(options.json ? JSON.stringify({ items }) : tableOf(['DELIVERY', 'EVENT', 'STATUS', 'TRIES', 'HAPPENED', 'NEXT TRY', 'ANSWER'], rows, terminal));
};

export const ping = async (which: string, options: WebhookOptions, { api = openApi(), terminal = processTerminal(), pause = wait }: Parts = {}): Promise<void> => {
  const { id, url } = await webhookCalled(api, which);
  let delivery = await api.json({ method: 'POST', path: `/api/webhooks/${id}/ping` }, WebhookDelivery);
  for (let asked = 0; delivery.status === 'waiting' && asked < MOST_ASKED; asked += 1) {
    await pause(ASK_AGAIN_MS);
    delivery = await api.json({ path: `/api/webhooks/${id}/deliveries/${delivery.id}` }, WebhookDelivery);
  }
  if (options.json) await terminal.out(JSON.stringify(delivery));
  else if (delivery.status === 'delivered') await terminal.out(`The test arrived: ${answerOf(delivery)} after ${delivery.durationMs ?? 0} ms.`);
  if (delivery.status !== 'delivered') throw new CliFailure(`the test did not arrive at ${printable(url)}: ${answerOf(delivery) || 'it still waits'}`, { exit: EXIT.failed, code: 'webhook.not_delivered', advice: `Look at its deliveries: citrus webhooks deliveries ${id.slice(0, 8)}` });
};

export const redeliver = async (which: string, delivery: string | undefined, { since, ...options }: RedeliverOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  if ((delivery === undefined) === (since === undefined)) throw usageFailure('say either one delivery or --since', 'citrus webhooks redeliver <webhook> --since 2026-11-22T09:00:00Z');
  const { id } = await webhookCalled(api, which);
  if (delivery !== undefined) {
    const again = await api.json({ method: 'POST', path: `/api/webhooks/${id}/deliveries/${encodeURIComponent(delivery)}/redeliver` }, WebhookDelivery);
    return await terminal.out(options.json ? JSON.stringify(again) : `${again.type} of ${minutesOf(again.occurredAt)} is sent again.`);
  }
  const instant = new Date(since ?? '');
  if (Number.isNaN(instant.getTime())) throw usageFailure(`${since ?? ''} is no instant`, 'Write it as in 2026-11-22T09:00:00Z.');
  const result = await api.json({ method: 'POST', path: `/api/webhooks/${id}/redeliver`, body: { since: instant.toISOString() } }, z.object({ deliveries: z.number() }));
  await terminal.out(options.json ? JSON.stringify(result) : `${result.deliveries} are sent again.`);
};
