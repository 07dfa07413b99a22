import type { Kysely } from 'kysely';
import { migrate, openDatabase, openPool } from '@citrus/kit-event-store';
import { envelopeOf, freshDatabase, observed, reactorHonoursItsContract, test, type ToldEvent } from '@citrus/kit-testing';
import { expect, inject } from 'vitest';
import type { MetricsDatabase } from '../database.ts';
import { migrations } from '../migrations/index.ts';
import { followActivity } from './activity.feed.ts';
import { ActivityStore } from './activity.store.ts';

const [serverId, jobId] = ['22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];
const at = '2026-11-21T10:00:00.000Z';
const about = { serverId, projectId: '11111111-1111-4111-8111-111111111111', at };
const agent = (agentId: string) => ({ ...about, agentId, boxKey: 'k', nkey: 'n', attempt: 1 });
const job = { ...about, jobId, installer: 'nginx', action: 'install' };
const told: ToldEvent[] = [
  { type: 'AgentRegistered', data: agent('agent-that-stays') },
  { type: 'AgentRegistered', data: agent('agent-that-goes') },
  { type: 'JobQueued', data: { ...job, agentId: 'agent-that-stays', installerVersion: '1', installerDigest: `sha256:${'0'.repeat(64)}`, inputs: {}, sealedInputs: '', timeoutSeconds: 60, priority: 'normal', expiresAt: at } },
  { type: 'JobFinished', data: { ...job, attempt: 1, status: 'succeeded', exitCode: 0, reason: '', startedAt: at } },
  { type: 'AgentRetired', data: { ...about, agentId: 'agent-that-goes' } },
];

test('activity is counted once, however often it is told', async ({ onTestFinished }) => {
  const effects = await reactorHonoursItsContract(told.map((event, index) => envelopeOf(event, index + 1)), async (happened) => {
    const database = await freshDatabase(inject('postgresUrl'));
    await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
    const pool = openPool({ databaseUrl: database.serviceUrl });
    onTestFinished(async () => {
      await pool.end();
      await database.drop();
    });
    const db: Kysely<MetricsDatabase> = openDatabase(pool);
    const follow = followActivity(observed(new ActivityStore(db), happened));
    return {
      handle: (event) => follow([event]),
      effects: async () => ({ agents: await db.selectFrom('agents').selectAll().orderBy('agent_id').execute(), jobs: await db.selectFrom('jobs').selectAll().orderBy('job_id').execute() }),
    };
  });
  expect(effects).toMatchObject({ agents: [{ agent_id: 'agent-that-stays' }], jobs: [{ app: 'nginx', result: 'succeeded' }] });
});
