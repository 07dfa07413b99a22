import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defineRequest, listProjectionsOf, pauseProjectionOf, ProjectId, readHistoryOf, readKeySet, readLogOf, rebuildProjectionOf, resumeProjectionOf, rollbackProjectionOf, switchProjectionOf,
  verifyLogOf, verifyProjectionOf,
} from '@citrus/contracts';
import { Forbidden } from '@citrus/kit-domain';
import { defineFold, migrate, newId, newSealKey, openPool, type EventStore, type Projections } from '@citrus/kit-event-store';
import { connectNats, createRequests, deployStreams, OnRequest } from '@citrus/kit-messaging';
import { createTokenIssuer, eventually, test } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { Controller, Inject, Module } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { DATABASE, LoggedServiceConfig, EVENT_STORE, loggedServiceModule, PROJECTIONS, startService } from './index.ts';

type Db = { things: { id: string; project_id: string } };
const [MINE, OTHERS] = [ProjectId.parse('11111111-1111-4111-8111-111111111111'), ProjectId.parse('22222222-2222-4222-8222-222222222222')];

const add = defineRequest({ subject: 'rpc.provisioning.thing.add', input: z.strictObject({ projectId: ProjectId }), reply: z.object({ count: z.number() }), access: { by: 'anyone' } });

const things = defineFold<Db['things']>({
  name: 'things', version: 1, table: 'things', key: ['id'], handles: ['ThingAdded'],
  keyOf: ({ id }) => [id],
  evolve: (_row, { id, projectId = '' }) => ({ id, project_id: projectId }),
});

@Controller()
class ThingController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(PROJECTIONS) private readonly projections: Projections,
    @Inject(DATABASE) private readonly db: Kysely<Db>,
  ) {}

  @OnRequest(add)
  async add({ projectId }: z.infer<typeof add.input>) {
    const context = { commandId: newId(), actor: { kind: 'service', id: 'test' }, projectId, correlationId: 'c' } as const;
    const { position } = await this.store.append({ stream: `thing-${newId()}`, expected: 'none', events: [{ type: 'ThingAdded', data: {} }], context });
    await this.projections.reached(position);
    return { count: (await this.db.selectFrom('things').selectAll().execute()).length };
  }
}

@Module({ imports: [loggedServiceModule<Db>({ service: 'provisioning', projections: [things] })], controllers: [ThingController] })
class ThingModule {}

const migrations = { '2026-11-21-things': { up: async (db: Kysely<unknown>) => db.schema.createTable('things').addColumn('id', 'uuid', (c) => c.primaryKey()).addColumn('project_id', 'text').execute() } };

describe('a service with a log', () => {
  test('waits for its migrations, then appends, projects, relays, and shows people their own projects only', async ({ nats, database, onTestFinished }) => {
    const nc = await connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test' });
    const seals = await mkdtemp(join(tmpdir(), 'citrus-seals-'));
    onTestFinished(() => rm(seals, { recursive: true, force: true }));
    await deployStreams(nc);
    const requests = createRequests(nc);
    const env = { CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'silent', CITRUS_NATS_URL: nats.url, CITRUS_DATABASE_URL: database.serviceUrl, CITRUS_SEAL_KEY_FILE: join(seals, 'seal.key'), CITRUS_SEALS_DIR: seals };
    await writeFile(env.CITRUS_SEAL_KEY_FILE, newSealKey());
    const starting = startService({ service: 'provisioning', module: ThingModule, config: LoggedServiceConfig }, { env });
    await eventually(async () => expect((await nc.request('rpc.provisioning.health.read', '{}')).string()).toContain('is not migrated; run'));
    await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
    const running = await starting;
    await eventually(() => requests.call(readLogOf('provisioning'), { after: 0, limit: 1 }));
    const patient = { timeoutMs: 30_000 };
    expect(await requests.call(add, { projectId: MINE }, patient)).toEqual({ count: 1 });
    await requests.call(add, { projectId: OTHERS }, patient);

    expect(await requests.call(readLogOf('provisioning'), { after: 0, limit: 10 })).toMatchObject({ head: 2, events: [{ position: 1 }, { position: 2 }] });
    await eventually(async () => expect((await (await jetstreamManager(nc)).streams.info('EVENTS_provisioning')).state.last_seq).toBe(2));

    const issuer = await createTokenIssuer();
    nc.subscribe(readKeySet.subject, { callback: (_error, message) => void message.respond(JSON.stringify({ keys: [issuer.jwk] })) });
    const tokenOf = (role: 'analyst' | 'owner') => issuer.tokenOf({ memberships: [{ projectId: MINE, role }] });
    const history = await requests.call(readHistoryOf('provisioning'), { limit: 10, direction: 'forward' }, { token: await tokenOf('analyst') });
    expect(history.events.map(({ projectId }) => projectId)).toEqual([MINE]);

    const token = await issuer.tokenOf({ isAdministrator: true });
    const named = { name: 'things' };
    await expect(requests.call(rebuildProjectionOf('provisioning'), named, { token: await tokenOf('owner') })).rejects.toBeInstanceOf(Forbidden);
    expect(await requests.call(rebuildProjectionOf('provisioning'), named, { token })).toMatchObject({ name: 'things', generation: 1, head: 2, next: { generation: 2 } });
    await eventually(async () => expect(await requests.call(listProjectionsOf('provisioning'), {}, { token })).toMatchObject({ items: [{ hasRows: true, next: { state: 'following' } }] }));
    expect(await requests.call(verifyProjectionOf('provisioning'), named, { token })).toEqual({ position: 2, rows: 2, different: 0, differences: [] });
    const rows = openPool({ databaseUrl: database.serviceUrl });
    await rows.query('insert into next_things.things (id, project_id) values ($1, $2), ($3, $4), ($5, null)', [newId(), MINE, newId(), OTHERS, newId()]);
    const compared = await requests.call(verifyProjectionOf('provisioning'), named, { token });
    expect(compared).toMatchObject({ rows: 5, different: 3, differences: expect.arrayContaining([MINE, OTHERS, null].map((project_id) => expect.objectContaining({ before: null, after: expect.objectContaining({ project_id }) }))) });
    expect(compared.differences).toHaveLength(3);
    await rows.end();
    expect(await requests.call(switchProjectionOf('provisioning'), named, { token })).toMatchObject({ generation: 2, previous: { generation: 1 } });
    expect(await requests.call(rollbackProjectionOf('provisioning'), named, { token })).toMatchObject({ generation: 1 });
    expect(await requests.call(pauseProjectionOf('provisioning'), named, { token })).toMatchObject({ state: 'paused' });
    expect(await requests.call(resumeProjectionOf('provisioning'), named, { token })).toMatchObject({ paused: false });

    await expect(requests.call(verifyLogOf('provisioning'), { after: 0, limit: 100 }, { token: await tokenOf('owner') })).rejects.toBeInstanceOf(Forbidden);
    await eventually(async () => expect((await requests.call(verifyLogOf('provisioning'), { after: 0, limit: 100 }, { token })).seals.lastSigned).toBeGreaterThan(0));
    const proven = await requests.call(verifyLogOf('provisioning'), { after: 0, limit: 1 }, { token });
    expect(proven).toMatchObject({ position: 1, head: 2, problems: [] });
    expect(await requests.call(verifyLogOf('provisioning'), { after: 1, limit: 100, hash: proven.hash }, { token })).toMatchObject({ position: 2, head: 2, problems: [] });
    // The seal is in the database first, then in its file and its stream.
    const metrics = await eventually(async () => {
      const text = await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text();
      expect(text).toMatch(/citrus_log_sealed_position\{service="provisioning"\} [12]/);
      return text;
    });
    expect(metrics).toMatch(/citrus_log_reader_lag\{reader="relay",service="provisioning"\} \d/);
    await running.stop();
    await nc.close();
  });
});
