import { describe, expect, test } from 'vitest';
import { limitOf, listQuotas, setQuota, showQuota } from './quotas.ts';
import { stageFor } from '../testing/stage.ts';

const ID = '44444444-4444-4444-8444-444444444444';
const AT = '2026-11-23T09:00:00.000Z';
const quota = { projectId: ID, servers: 20, creationsPerHour: null, used: { servers: 3, creationsPerHour: 1 } };

const stage = (items: object[] = [quota]) => {
  const { sent, lines: { out }, ...parts } = stageFor(({ path, method }) => {
    if (path === '/api/projects') return { items: [{ id: ID, name: 'Shop', role: null, createdAt: AT }], nextCursor: null };
    return path === '/api/quotas' && !method ? { items, nextCursor: null } : quota;
  });
  return { parts, sent, out };
};

describe('quotas', () => {
  test('are listed with what is used', async () => {
    const { parts, out } = stage();
    await listQuotas({}, parts);
    expect(out.join('\n')).toMatch(/PROJECT +SERVERS +ASKED FOR IN THE LAST HOUR\nShop +3 of 20 +1, no limit/);
  });

  test('of one’s own project are shown', async () => {
    const { parts, out } = stage();
    await showQuota({ json: true }, parts);
    expect(JSON.parse(out.join(''))).toEqual(quota);
  });

  test('keep what is left out', async () => {
    const { parts, sent, out } = stage();
    await setQuota('shop', { creationsPerHour: '50' }, parts);
    expect(sent).toMatchObject([{ method: 'POST', path: `/api/projects/${ID}/quota`, body: { servers: 20, creationsPerHour: 50 } }]);
    expect(out).toEqual(['Shop: servers 3 of 20; asked for in the last hour 1, no limit.']);
  });

  test('are taken away with none', async () => {
    const { parts, sent } = stage();
    await setQuota(ID, { servers: 'none' }, parts);
    expect(sent[0]?.body).toEqual({ servers: null, creationsPerHour: null });
  });

  test('must be numbers, and at least one of them', async () => {
    await expect(setQuota('shop', {}, stage().parts)).rejects.toMatchObject({ message: 'nothing is to be set' });
    for (const text of ['-1', '1.5', 'many', '', '1000001']) expect(() => limitOf('--servers', text), text).toThrow('is no limit');
    expect([limitOf('--servers', '0'), limitOf('--servers', 'none'), limitOf('--servers', undefined)]).toEqual([0, null, undefined]);
  });
});
