import { describe, expect, test } from 'vitest';
import type { Call } from '../api/http.ts';
import { stageFor } from '../testing/stage.ts';
import { add, change, listAll, listDeliveries, ping, redeliver, remove, rotate, steer } from './webhooks.ts';

const at = '2026-11-21T09:00:00.000Z';
const webhook = {
  id: '01a1ffcd-6123-7c39-8537-cedf255965a6', projectId: '11111111-1111-4111-8111-111111111111', url: 'https://hooks.example.com/citrus', description: 'chat', types: ['Server*'],
  status: 'active', pausedReason: null, oldSecretUntil: null, failingSince: at, lastDeliveredAt: null, waiting: 2, failed: 1, createdAt: at, updatedAt: at,
};
const delivery = {
  id: '01a1ffcd-6123-7c39-8537-cedf255965b7', webhookId: webhook.id, type: 'ServerFailed', status: 'waiting', attempts: 3, occurredAt: at, nextAttemptAt: at, lastAttemptAt: at,
  answerStatus: 500, answerText: 'no', problem: 'The receiver answered 500; only 2xx counts as delivered.', durationMs: 12,
};
const stage = (ended: object = {}) => stageFor(({ method, path }: Call) => {
  if (path === '/api/webhooks' && method === undefined) return { items: [webhook], nextCursor: null };
  if (path.endsWith('deliveries')) return { items: [delivery] };
  if (path.endsWith('/redeliver') && !path.includes('deliveries')) return { deliveries: 4 };
  if (method === 'POST' && /(ping|deliveries)/.test(path)) return delivery;
  if (/deliveries\//.test(path)) return { ...delivery, ...ended };
  return { ...webhook, secret: 'whsec_c2VjcmV0' };
});

describe('citrus webhooks', () => {
  test('tells how each does', async () => {
    const { lines, ...parts } = stage();
    await listAll({}, parts);
    expect(lines.out.join('\n')).toMatch(/01a1ffcd +https:\/\/hooks\.example\.com\/citrus +Server\* +failing since 2026-11-21 09:00 UTC +2 +1 +- +chat/);
    await listDeliveries('chat', { limit: 5, status: 'waiting' }, parts);
    expect(lines.out.join('\n')).toMatch(/ServerFailed +waiting +3 .* The receiver answered 500/);
    expect(parts.calls.at(-1)?.query).toEqual({ limit: '5', status: 'waiting' });
  });
  test('makes one for all events unless some are named, and gives its secret alone, so that a script can take it', async () => {
    const { lines, sent, ...parts } = stage();
    await add('https://hooks.example.com/citrus', { type: [] }, parts);
    expect(sent.at(-1)).toMatchObject({ method: 'POST', path: '/api/webhooks', body: { url: 'https://hooks.example.com/citrus', types: ['*'] } });
    await rotate('hooks.example.com', {}, parts);
    expect(lines.out).toEqual(['whsec_c2VjcmV0', 'whsec_c2VjcmV0']);
  });
  test('changes, steers and removes the one that is meant', async () => {
    const { sent, ...parts } = stage();
    await change('01a1ffcd', { type: ['JobFinished'] }, parts);
    expect(sent.at(-1)).toMatchObject({ path: `/api/webhooks/${webhook.id}/change`, body: { types: ['JobFinished'] } });
    await expect(change('01a1ffcd', { type: [] }, parts)).rejects.toMatchObject({ exit: 2 });
    await steer('pause', webhook.url, {}, parts);
    await expect(steer('pause', 'nobody', {}, parts)).rejects.toMatchObject({ code: 'webhook.unknown' });
    await expect(remove('chat', {}, parts)).rejects.toMatchObject({ exit: 2 });
    await remove('chat', { yes: true }, parts);
    expect(sent.at(-1)).toMatchObject({ method: 'DELETE', path: `/api/webhooks/${webhook.id}` });
  });
  test('waits for what comes of a test', async () => {
    const pause = () => Promise.resolve();
    const good = stage({ status: 'delivered', answerStatus: 204, problem: null });
    await ping('chat', {}, { ...good, pause });
    expect(good.lines.out).toEqual(['The test arrived: 204 after 12 ms.']);
    await expect(ping('chat', {}, { ...stage({ status: 'failed' }), pause })).rejects.toMatchObject({ code: 'webhook.not_delivered' });
  });
  test('sends again what is said', async () => {
    const { lines, sent, ...parts } = stage();
    await redeliver('chat', undefined, { since: '2026-11-22' }, parts);
    expect(sent.at(-1)).toMatchObject({ path: `/api/webhooks/${webhook.id}/redeliver`, body: { since: '2026-11-22T00:00:00.000Z' } });
    await redeliver('chat', delivery.id, {}, parts);
    expect(lines.out).toEqual(['4 are sent again.', 'ServerFailed of 2026-11-21 09:00 UTC is sent again.']);
    for (const wrong of [{}, { since: 'yesterday-ish' }]) await expect(redeliver('chat', undefined, wrong, parts)).rejects.toMatchObject({ exit: 2 });
  });
});
