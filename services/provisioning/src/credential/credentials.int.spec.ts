import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import {
  addCloud, chooseDefaultCloud, CloudId, createServer, deleteServer, listClouds, readCloudCatalog, readServer, removeCloud, rotateCloudToken, ServerWish, testCloud, type CloudKind, type JobId, type ProjectId, type Role, type Server, type ServerId,
} from '@citrus/contracts';
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { RunningService } from '@citrus/kit-service';
import { eventually, type TestDatabase } from '@citrus/kit-testing';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { test as base } from '../testing/database.ts';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from '../testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from '../testing/neighbours.ts';
import { prepareSite, startHere, startTalking } from '../testing/running-service.ts';

const SECOND = 'dop_v1_the-second-token-of-this-account-f00d';
const THIRD = 'dop_v1_the-third-token-of-this-account-beef';
const READ_ONLY = 'dop_v1_reads-and-nothing-else-cafe account:read droplet:read';
const LONG = { timeoutMs: 60_000 };

const test = base
  .extend('cloud', async ({}, { onCleanup }): Promise<LocalCloudProcess> => {
    const cloud = await startLocalCloud({ LOCAL_CLOUD_ACTIVE_AFTER_MS: '300', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' });
    onCleanup(() => cloud.stop());
    return cloud;
  })
  .extend('neighbours', async ({ nats }, { onCleanup }): Promise<Neighbours> => {
    const neighbours = await meetNeighbours(nats.url);
    onCleanup(() => neighbours.close());
    return neighbours;
  })
  .extend('env', async ({ nats, database, cloud }, { onCleanup }): Promise<NodeJS.ProcessEnv> => {
    const site = await prepareSite({ natsUrl: nats.url, database, cloud });
    onCleanup(() => site.clear());
    return { ...site.env, CITRUS_CLOUD_BASE_URLS: `${cloud.url}/, https://cloud.lab.example` };
  })
  .extend('start', async ({ env }, { onCleanup }): Promise<(settings?: NodeJS.ProcessEnv) => Promise<void>> => {
    const running: RunningService[] = [];
    onCleanup(async () => void (await Promise.all(running.map((service) => service.stop()))));
    return async (settings = {}) => void running.push(await startHere({ ...env, ...settings }));
  })
  .extend('talking', async ({ env }, { onCleanup }): Promise<ReturnType<typeof startTalking>> => {
    const service = startTalking({ ...env, CITRUS_LOG_LEVEL: 'trace' });
    onCleanup(async () => void (await service.kill('SIGTERM')));
    return service;
  });

/** The cloud accepts these tokens from now on, beside the installation's. */
const accept = async (cloud: LocalCloudProcess, ...tokens: string[]): Promise<void> => {
  // At once: a file that is being written is empty for a moment, and nobody would be accepted.
  await writeFile(`${cloud.tokenFile}.next`, `${[TOKEN, ...tokens].join('\n')}\n`);
  await rename(`${cloud.tokenFile}.next`, cloud.tokenFile);
};

const personOf = async ({ requests, tokenOf, projectId: ours }: Neighbours, role: Role, project: string = ours) => {
  const context = { token: await tokenOf(role, project) };
  const projectId = project as ProjectId;
  const one = (cloudId: CloudId) => ({ projectId, cloudId });
  return {
    add: (wanted: { cloudId: CloudId; name?: string; kind?: CloudKind; baseUrl?: string | undefined; token: string }) => requests.call(addCloud, { projectId, name: 'ours', kind: 'digitalocean', ...wanted }, context),
    list: () => requests.call(listClouds, { projectId, limit: 200, sort: 'createdAt' }, context),
    test: (cloudId: CloudId) => requests.call(testCloud, one(cloudId), context),
    rotate: (cloudId: CloudId, token: string) => requests.call(rotateCloudToken, { ...one(cloudId), token }, context),
    makeDefault: (cloudId: CloudId | 'installation') => requests.call(chooseDefaultCloud, { projectId, cloudId }, context),
    remove: (cloudId: CloudId) => requests.call(removeCloud, one(cloudId), context),
    catalog: (cloudId: CloudId | 'installation') => requests.call(readCloudCatalog, { projectId, cloudId }, context),
    create: (spec: object = {}, ids = { serverId: randomUUID() as ServerId, jobId: randomUUID() as JobId }) => requests.call(createServer, { projectId, ...ids, spec: ServerWish.parse({ name: 'web', ...spec }) }, context),
    read: (serverId: ServerId) => requests.call(readServer, { projectId, serverId }, context),
    delete: (serverId: ServerId) => requests.call(deleteServer, { projectId, serverId }, context),
  };
};
type Person = Awaited<ReturnType<typeof personOf>>;

const newCloud = () => CloudId.parse(randomUUID());
const isUp = (person: Person) => eventually(() => person.list(), LONG);
const reaches = (person: Person, serverId: ServerId, status: Server['status']) =>
  eventually(async () => {
    const server = await person.read(serverId);
    expect(server.status, server.note ?? '').toBe(status);
    return server;
  }, LONG);

const ask = async (database: TestDatabase, text: string): Promise<Record<string, string>[]> => {
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(text)).rows;
  } finally {
    await client.end();
  }
};
/** Every row of every table, as text. */
const dumpOf = async (database: TestDatabase): Promise<string> => {
  const tables = await ask(database, `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`);
  const rows = await Promise.all(tables.map(({ name }) => ask(database, `select t::text as row from ${name} t`)));
  return rows.flat().map(({ row }) => row).join('\n');
};
const eventsOf = (database: TestDatabase, type: string) => ask(database, `select data::text as data from events where type = '${type}'`);
const tokensKept = async (database: TestDatabase): Promise<number> => (await ask(database, 'select id from cloud_tokens')).length;
const refusal = (code: string) => expect.objectContaining({ code });

describe('a cloud credential', () => {
  test('T853. is tested, makes servers, is rotated under their hands, and its tokens are nowhere in clear', { timeout: 240_000 }, async ({ talking, cloud, neighbours, database }) => {
    const [admin, operator, stranger] = [await personOf(neighbours, 'admin'), await personOf(neighbours, 'operator'), await personOf(neighbours, 'admin', randomUUID())];
    await isUp(operator);
    const cloudId = newCloud();
    const wanted = { cloudId, baseUrl: cloud.url, token: SECOND };

    await expect(admin.add(wanted)).rejects.toEqual(refusal('cloud.token_not_good'));
    await accept(cloud, SECOND, READ_ONLY);
    await expect(admin.add({ ...wanted, token: READ_ONLY.split(' ')[0] ?? '' })).rejects.toThrow('may not create droplets');
    await expect(admin.add({ ...wanted, baseUrl: 'http://169.254.169.254/latest' })).rejects.toEqual(refusal('cloud.address_not_allowed'));
    await expect(admin.add({ ...wanted, baseUrl: `${cloud.url}@evil.example` })).rejects.toEqual(refusal('cloud.address_not_allowed'));
    await expect(operator.add(wanted)).rejects.toThrow('admin');
    expect([(await operator.list()).items, await tokensKept(database)]).toEqual([[], 0]);

    expect(await admin.add(wanted)).toMatchObject({ name: 'ours', status: 'good', tokenEnd: 'f00d', baseUrl: cloud.url, isDefault: false, servers: 0 });
    expect(await admin.add(wanted)).toMatchObject({ id: cloudId });
    await expect(admin.add({ ...wanted, token: THIRD })).rejects.toEqual(refusal('idempotency.reused'));
    await expect(admin.add({ ...wanted, cloudId: newCloud() })).rejects.toEqual(refusal('cloud.name_taken'));
    expect((await stranger.list()).items).toEqual([]);
    for (const attempt of [() => stranger.test(cloudId), () => stranger.rotate(cloudId, THIRD), () => stranger.remove(cloudId), () => stranger.makeDefault(cloudId), () => stranger.catalog(cloudId), () => stranger.create({ cloud: cloudId })]) {
      await expect(attempt()).rejects.toThrow(NotFound);
    }
    expect(await operator.catalog(cloudId)).toMatchObject({ kind: 'digitalocean', regions: expect.arrayContaining([expect.objectContaining({ slug: 'sfo3' })]), defaults: { region: 'sfo3' } });
    expect((await operator.catalog(cloudId)).sizes.find(({ slug }) => slug === 's-1vcpu-1gb')).toMatchObject({ group: 'Basic', price: { currency: 'USD', monthly: 6, hourly: expect.any(Number) } });

    expect(await operator.create()).toMatchObject({ cloudId: null, provider: 'digitalocean' });
    expect(await admin.makeDefault(cloudId)).toMatchObject({ items: [{ id: cloudId, isDefault: true }], installation: { isDefault: false } });
    const asked = await operator.create();
    expect(asked).toMatchObject({ cloudId, region: 'sfo3', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64' });
    await accept(cloud, SECOND, THIRD);
    expect(await admin.rotate(cloudId, THIRD)).toMatchObject({ status: 'good', tokenEnd: 'beef' });
    await accept(cloud, THIRD);
    await reaches(operator, asked.id, 'initializing');
    await expect(admin.rotate(cloudId, SECOND)).rejects.toEqual(refusal('cloud.token_not_good'));
    expect((await operator.list()).items).toMatchObject([{ tokenEnd: 'beef', status: 'good', servers: 1 }]);

    await expect(admin.remove(cloudId)).rejects.toEqual(refusal('cloud.in_use'));
    await operator.delete(asked.id);
    await reaches(operator, asked.id, 'deleted');
    expect(await tokensKept(database)).toBe(1);
    await admin.remove(cloudId);
    await admin.remove(cloudId);
    expect([(await operator.list()).items, (await operator.list()).installation.isDefault, await tokensKept(database)]).toEqual([[], true, 0]);

    const [dump, told] = [await dumpOf(database), talking.said()];
    expect(told).toContain('provisioning');
    for (const token of [SECOND, THIRD, READ_ONLY.split(' ')[0] ?? '']) {
      for (const form of [token, Buffer.from(token).toString('base64').replace(/=+$/, ''), Buffer.from(token).toString('hex')]) expect([dump.includes(form), told.includes(form)]).toEqual([false, false]);
    }
  });

  test('that the cloud refuses is marked once; its servers wait, with a note, and go on with another token', { timeout: 240_000 }, async ({ start, cloud, neighbours, database }) => {
    const patient = { CITRUS_CLOUD_CREATE_TIMEOUT_MS: '30000' };
    await Promise.all([start(patient), start(patient)]);
    const person = await personOf(neighbours, 'admin');
    await isUp(person);
    const cloudId = newCloud();
    await accept(cloud, SECOND);
    await person.add({ cloudId, baseUrl: cloud.url, token: SECOND });
    // Nothing can be asked of a token that is known to be refused: the first 401 comes when all three are asked for.
    await cloud.faults({ slowAnswer: { ms: 5000, method: 'POST', path: '/v2/droplets' }, unauthorized: { method: 'POST', path: '/v2/droplets' } });
    const servers = await Promise.all([1, 2, 3].map(() => person.create({ cloud: cloudId })));
    await accept(cloud);
    await eventually(async () => expect((await person.list()).items).toMatchObject([{ status: 'refused', note: expect.stringContaining('401') }]), LONG);
    for (const { id } of servers) expect(await person.read(id)).toMatchObject({ status: 'creating', note: expect.stringContaining('does not accept the API token of ours') });
    await expect(person.create({ cloud: cloudId })).rejects.toEqual(refusal('cloud.token_refused'));
    expect(await person.test(cloudId)).toMatchObject({ status: 'refused' });
    expect(await eventsOf(database, 'CredentialRefused')).toHaveLength(1);

    await cloud.faults({});
    await accept(cloud, THIRD);
    expect(await person.rotate(cloudId, THIRD)).toMatchObject({ status: 'good', note: null });
    for (const { id } of servers) expect(await reaches(person, id, 'initializing')).toMatchObject({ note: expect.stringContaining('boots') });
    expect(await eventsOf(database, 'CredentialRefused')).toHaveLength(1);
    expect(await eventsOf(database, 'ServerFailed')).toEqual([]);
  });

  test('is there for no server that was asked for while it was removed', { timeout: 120_000 }, async ({ start, cloud, neighbours }) => {
    await start();
    const person = await personOf(neighbours, 'admin');
    await isUp(person);
    await accept(cloud, SECOND);
    const ends: string[] = [];
    for (const turn of [1, 2, 3]) {
      const cloudId = newCloud();
      await person.add({ cloudId, name: `turn ${turn}`, baseUrl: cloud.url, token: SECOND });
      const [made, removed] = await Promise.allSettled([person.create({ cloud: cloudId }), person.remove(cloudId)]);
      if (removed.status === 'rejected') expect(removed.reason).toEqual(refusal('cloud.in_use'));
      if (made.status === 'rejected') expect(made.reason).toSatisfy((error) => error instanceof Refusal || error instanceof NotFound);
      else if (removed.status === 'rejected') await reaches(person, made.value.id, 'initializing');
      else expect(await reaches(person, made.value.id, 'failed')).toMatchObject({ note: expect.stringContaining('was removed') });
      ends.push(`${made.status} ${removed.status}`);
    }
    expect(ends).not.toContain('rejected rejected');
  });
});

