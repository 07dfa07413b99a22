import { describe, expect, test } from 'vitest';
import type { Api } from '../api/api.ts';
import type { Call } from '../api/http.ts';
import type { Terminal } from '../output/terminal.ts';
import { create, listAll, remove, steer } from './schedules.ts';

const at = '2026-11-21T09:00:00.000Z';
const schedule = {
  id: '01a1ffcd-6123-7c39-8537-cedf255965a6', projectId: '11111111-1111-4111-8111-111111111111', name: 'nightly', cron: '30 2 * * *', timeZone: 'Europe/Berlin',
  run: { installer: 'postgresql', action: 'backup', inputs: {}, priority: 'normal', filter: 'tag:db', strategy: { waves: ['1'], atOnce: 0, maxFailures: '0' } },
  status: 'active', nextDueAt: at, lastRunId: null, lastDueAt: null, missed: 2, missedAt: at, missedReason: 'Its run before is still going on.', createdAt: at, updatedAt: at,
};
const stage = () => {
  const calls: Call[] = [];
  const lines: string[] = [];
  const api = { json: async (call: Call, reply: { parse: (value: unknown) => unknown }) => { calls.push(call); return reply.parse(call.path === '/api/installers' ? { items: [{ id: 'postgresql', name: 'PostgreSQL' }] } : call.path === '/api/schedules' && call.method === undefined ? { items: [schedule], nextCursor: null } : schedule); } } as unknown as Api;
  const terminal: Terminal = { out: async (line) => void lines.push(line), note: () => undefined, style: (_, text) => text, columns: undefined, isInteractive: false };
  return { api, terminal, calls, lines };
};

describe('citrus schedules', () => {
  test('lists when each is due, and what was missed and why', async () => {
    const { lines, ...parts } = stage();
    await listAll({}, parts);
    expect(lines.join('\n')).toMatch(/nightly +active +30 2 \* \* \* \(Europe\/Berlin\) +backup PostgreSQL +tag:db +2026-11-21 09:00 UTC +- +2 missed; at last: Its run before is still going on\./);
  });
  test('makes one with a part of the servers', async () => {
    const { calls, ...parts } = stage();
    await create({ name: 'nightly', installer: 'postgresql' }, { cron: '30 2 * * *', timeZone: 'Europe/Berlin', on: 'tag:db', action: 'backup', input: [], atOnce: '5', waves: '100%', sample: '10%', seed: 42 }, parts);
    expect(calls.at(-1)).toMatchObject({ method: 'POST', path: '/api/schedules', body: { name: 'nightly', filter: 'tag:db', strategy: { waves: ['100%'], atOnce: 5 }, sample: { share: '10%', seed: 42 } } });
  });
  test('steers by name, and asks before it deletes', async () => {
    const { calls, ...parts } = stage();
    await steer('pause', 'nightly', {}, parts);
    expect(calls.at(-1)?.path).toBe(`/api/schedules/${schedule.id}/pause`);
    await expect(steer('pause', 'daily', {}, parts)).rejects.toMatchObject({ code: 'schedule.unknown' });
    await expect(remove('nightly', {}, parts)).rejects.toMatchObject({ exit: 2 });
    await remove('nightly', { yes: true }, parts);
    expect(calls.at(-1)).toMatchObject({ method: 'DELETE' });
  });
});
