import type { AuditRecord } from '@citrus/contracts';
import { expect, test } from 'vitest';
import type { Call } from '../api/http.ts';
import { createProgram } from '../program.ts';
import { entriesOf, rowOf } from './audit.ts';

const entry = (over: Partial<AuditRecord> = {}): AuditRecord => ({
  id: '0198c0de-0000-7000-8000-0000000000a1', at: '2026-11-22T10:00:00.123Z', lastAt: '2026-11-22T10:00:00.123Z', count: 1, service: 'hub', action: 'POST /api/servers', outcome: 'allowed',
  actor: { kind: 'user', id: 'u' }, projectId: null, target: {}, code: null, reason: null, correlationId: null, address: '192.0.2.1', network: null, ...over,
});

/** A hub with so many entries, in pages. */
const hubWith = (total: number) => {
  const asked: Call[] = [];
  const json = async (call: Call): Promise<never> => {
    asked.push(call);
    const start = Number(call.query?.['cursor'] ?? 0);
    const count = Math.min(Number(call.query?.['limit']), total - start);
    const next = start + count;
    return { items: Array.from({ length: count }, (_, index) => entry({ code: String(start + index) })), nextCursor: next < total ? String(next) : null } as never;
  };
  return { asked, json };
};
const all = async (hub: ReturnType<typeof hubWith>, limit: number, more: object = {}): Promise<number[]> => {
  const codes: number[] = [];
  for await (const { code } of entriesOf(hub, { limit, ...more })) codes.push(Number(code));
  return codes;
};

test('pages are read as far as wanted, and no further', async () => {
  expect(await all(hubWith(450), 1000)).toEqual(Array.from({ length: 450 }, (_, n) => n));
  const hub = hubWith(450);
  expect(await all(hub, 250)).toHaveLength(250);
  expect(hub.asked.map(({ query }) => query?.['limit'])).toEqual([200, 50]);
  expect(await all(hubWith(0), 50)).toEqual([]);
});

test('filters go to the hub', async () => {
  const hub = hubWith(1);
  await all(hub, 5, { actor: 'u', outcome: 'refused', until: '2026-11-22T00:00:00.000Z', installation: true });
  expect(hub.asked[0]).toMatchObject({ path: '/api/audit/installation', query: { actor: 'u', outcome: 'refused', to: '2026-11-22T00:00:00.000Z' } });
});

test('a line says when, how it ended, who, from where, what and why', () => {
  expect(rowOf(entry({ target: { id: 'x' } }))).toEqual(['2026-11-22 10:00:00', 'allowed', 'user u', '192.0.2.1', 'POST /api/servers', 'id=x', '']);
  expect(rowOf(entry({ outcome: 'refused', count: 412, actor: null, address: null, network: '203.0.113.0/24', code: 'session.wrong_credentials' }))).toEqual(['2026-11-22 10:00:00', 'refused ×412', '-', '203.0.113.0/24', 'POST /api/servers', '-', 'session.wrong_credentials']);
});

test('it is a command', () => expect(createProgram().commands.map((command) => command.name())).toContain('audit'));
