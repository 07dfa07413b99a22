import { JobId } from '@citrus/contracts';
import { masterKeysOf } from '@citrus/kit-crypto';
import { newId, openDatabase, openEventStore, openPool, startProjections, startWakeUp, versionsOf } from '@citrus/kit-event-store';
import { envelopeOf, freshDatabase, observed, reactorHonoursItsContract, test, type TestDatabase, type ToldEvent } from '@citrus/kit-testing';
import type { Kysely } from 'kysely';
import { expect, inject } from 'vitest';
import type { AgentMgmtDatabase } from '../database.ts';
import { agentMgmtEvents } from '../events.ts';
import { JobHandler } from '../job/job.handler.ts';
import { jobsProjection } from '../job/job.projection.ts';
import { at, dispatched, job, queued } from '../job/job.samples.ts';
import { JobSecrets } from '../job/job-secrets.ts';
import { JobStore } from '../job/job.store.ts';
import { AGENT_MGMT_DATABASE } from '../testing/database.ts';
import { followServers, registerEnrolled } from './agent.feeds.ts';
import { agentsProjection } from './agent.projection.ts';
import { AgentStore } from './agent.store.ts';
import { createArrivals } from './arrivals.ts';

const ids = { serverId: job.serverId, projectId: job.projectId, agentId: job.agentId };
const waitingId = JobId.parse('0198c2a0-0000-7000-8000-00000000000a');
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };
const enrolled: ToldEvent = { type: 'AgentEnrolled', data: { ...ids, attempt: 1, keys: { nkey: `U${'A'.repeat(55)}`, boxKey: 'b'.repeat(43) } } };
const server = (type: string, data: object = {}): ToldEvent => ({ type, data: { serverId: job.serverId, at: at(0), ...data } });
const life = [server('ServerRequested', { ...ids, jobId: job.jobId, spec }), enrolled, server('DropletReady'), server('DeletionRequested'), server('ServerDeleted')];

/** A service with one job that runs and one that waits, both with a sensitive input. */
const world = async (database: TestDatabase, happened: () => void) => {
  const pool = openPool({ databaseUrl: database.serviceUrl });
  const db: Kysely<AgentMgmtDatabase> = openDatabase(pool);
  const store = openEventStore({ pool, service: 'agent-mgmt', versions: versionsOf(agentMgmtEvents) });
  const wakeUp = startWakeUp({ databaseUrl: database.serviceUrl });
  const projections = startProjections({ db, pool, store, projections: [agentsProjection, jobsProjection], wakeUp });
  const context = () => ({ commandId: newId(), actor: { kind: 'service', id: 'test' }, correlationId: 'test' }) as const;
  await store.append({ stream: `job-${job.jobId}`, expected: 'none', events: [queued(), dispatched(1, 1)], context: context() });
  await store.append({ stream: `job-${waitingId}`, expected: 'none', events: [queued({ jobId: waitingId })], context: context() });
  const secrets = new JobSecrets(db, masterKeysOf(new Uint8Array(32)));
  for (const jobId of [job.jobId, waitingId]) await secrets.seal(jobId, { admin_password: 'x' });
  const jobs = {
    agents: observed(new AgentStore(db), happened), store: new JobStore(db, () => new Date(0)), handler: new JobHandler(observed(store, happened)),
    secrets: observed(secrets, happened), clock: () => new Date(at(9)),
  };
  const feeds = { arrivals: createArrivals(), store: observed(store, happened), projections, jobs };
  return {
    handle: async (event: Parameters<ReturnType<typeof followServers>>[0]) => {
      await registerEnrolled(feeds)(event);
      await followServers(feeds)(event);
    },
    effects: async () => ({
      // Stream by stream: in which order the jobs of a server end is nobody's promise.
      log: (await store.read({ after: 0, limit: 100 })).events
        .map(({ type, stream, streamVersion, data, causationId }) => ({ type, stream, streamVersion, data, causationId }))
        .toSorted((a, b) => a.stream.localeCompare(b.stream) || a.streamVersion - b.streamVersion),
      servers: await db.selectFrom('servers').selectAll().execute(),
      keys: await db.selectFrom('job_keys').select('job_id').execute(),
    }),
    stop: async () => {
      await projections.stop();
      await wakeUp.stop();
      await pool.end();
      await database.drop();
    },
  };
};

test('a server comes and goes once, with its agent, its jobs and their secrets, whatever happens meanwhile', async ({ onTestFinished }) => {
  const effects = await reactorHonoursItsContract(life.map((event, index) => envelopeOf(event, index + 1)), async (happened) => {
    const { stop, ...reactor } = await world(await freshDatabase(inject('postgresUrl'), AGENT_MGMT_DATABASE), happened);
    onTestFinished(stop);
    return reactor;
  });
  const types = ['AgentRegistered', 'AgentRetired', 'JobQueued', 'JobDispatched', 'JobCancelRequested', 'JobFinished', 'JobQueued', 'JobFinished'];
  expect(effects).toMatchObject({ log: types.map((type) => ({ type })), servers: [{ status: 'deleted' }], keys: [] });
});
