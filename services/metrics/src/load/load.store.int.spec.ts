import { migrate, openPool } from '@citrus/kit-event-store';
import { test } from '@citrus/kit-testing';
import { Kysely, PostgresDialect } from 'kysely';
import { expect } from 'vitest';
import type { MetricsDatabase } from '../database.ts';
import { migrations } from '../migrations/index.ts';
import { LoadStore } from './load.store.ts';

const [A, B, SILENT, OTHER] = ['1', '2', '3', '4'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`) as [string, string, string, string];

test('the load of some servers, minute by minute: each counts once, by its newest agent, and only whole minutes', async ({ database, onTestFinished }) => {
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
  const db = new Kysely<MetricsDatabase>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: database.serviceUrl }) }) });
  onTestFinished(() => db.destroy());
  const agent = (agent_id: string, server_id: string, at: string) => ({ agent_id, server_id, project_id: OTHER, registered_at: `2026-11-21T${at}.000Z` });
  await db.insertInto('agents').values([agent('a-old', A, '08:00:00'), agent('a', A, '09:00:00'), agent('b', B, '09:00:00'), agent('silent', SILENT, '09:00:00'), agent('other', OTHER, '09:00:00')]).execute();
  const sample = (agent_id: string, at: string, cpu_percent: number, memory = 1) => ({
    agent_id, at: new Date(`2026-11-21T${at}Z`), cpu_percent, load1: 0, memory_used_bytes: memory, memory_total_bytes: 4, disk_used_bytes: 0, disk_total_bytes: 1, network_in_bytes: 0, network_out_bytes: 0,
  });
  await db.insertInto('samples').values([
    sample('a', '09:59:59', 99), sample('a', '10:00:00', 80), sample('a', '10:00:10', 100), sample('a', '10:00:20', 90), sample('b', '10:00:30', 10, 3),
    sample('a-old', '10:00:30', 1), sample('other', '10:00:30', 1), sample('b', '10:02:00', 20, 0), sample('a', '10:03:00', 99),
  ]).execute();
  const load = new LoadStore(db);
  const asked = { serverIds: [A, B, SILENT], from: '2026-11-21T10:00:30.000Z', to: '2026-11-21T10:03:30.000Z' };
  expect(await load.byMinute(asked)).toEqual([
    { at: '2026-11-21T10:00:00.000Z', cpuPercent: 50, memoryPercent: 50, servers: 2 },
    { at: '2026-11-21T10:02:00.000Z', cpuPercent: 20, memoryPercent: 0, servers: 1 },
  ]);
  expect(await load.byMinute({ ...asked, serverIds: [SILENT] })).toEqual([]);
});
