/** Bundles on real services: one app hands on to the next, nothing runs twice whoever dies, and a secret is never in clear. */
import {
  BundleId, cancelBundle, changeApp, ChangeId, installBundle, InstalledBundleId, InstallerId, JobOutputs, listBundles, listInstalledBundles, planBundle, readInstalledBundle, reloadInstallers, retryBundle, uninstallBundle, createJob, readApp,
  type AgentCommand, type InstalledBundle, type RunJob, type ServerId,
} from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { describe, expect } from 'vitest';
import { bundleReplica, startReplica } from '../testing/replica-process.ts';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test as base, type World } from '../testing/world.ts';

const manifest = (id: string, more: string): string => `id: ${id}\nname: ${id}\nversion: 1.0.0\ndescription: An app\ncategory: web\nauthor: Citrus\nportable: true\n${more}`;
const scripts = (...names: string[]) => Object.fromEntries(names.map((name) => [`${name}.sh`, '#!/bin/bash\n']));
const DB = manifest('db', 'inputs: [{ id: password, type: password, label: Password, required: true }]\noutputs: [{ name: URL, description: Where it is }]\nscripts: { uninstall: uninstall.sh, upgrade: upgrade.sh }\n');
const SITE = manifest('site', 'resource_requirements: { memory_mb: 64 }\nrequires: { conflicts: [web] }\ninputs:\n  - { id: db_url, type: string, label: Database, required: true }\n  - { id: db_password, type: password, label: Password }\n  - { id: title, type: string, label: Title }\nports: [{ port: 80, purpose: Site }]\nscripts: { uninstall: uninstall.sh }\n');
const SHOP = `id: shop
name: Shop
version: 1.0.0
description: A shop
category: web
author: Citrus
servers: [{ role: front, label: In front }, { role: data, label: Behind }]
inputs:
  - { id: title, type: string, label: Title, default: Shop }
  - { id: secret, type: password, label: Password, required: true }
  - { id: with_web, type: boolean, label: Web, default: false }
apps:
  - { app: web, installer: web, server: data, when: inputs.with_web }
  - app: site
    installer: site
    server: front
    inputs: { db_url: { from: outputs.db.URL }, db_password: { from: inputs.secret }, title: { from: '"The " + inputs.title' } }
  - { app: db, installer: db, server: data, if_present: skip, inputs: { password: { from: inputs.secret } } }
`;
const SECRET = 'hunter22-hunter22';
const shop = BundleId.parse('shop');

const test = base.extend('catalogue', { auto: true }, async ({ world }) => {
  await world.install('db', { 'manifest.yml': DB, ...scripts('install', 'uninstall', 'upgrade') });
  await world.install('site', { 'manifest.yml': SITE, ...scripts('install', 'uninstall') });
  await world.install('bundles/shop', { 'bundle.yml': SHOP });
});

type Does = (name: string, command: RunJob) => number;
const nameOf = ({ installer, action }: RunJob): string => `${action} ${installer}`;

/** Does each job once, as the test says, and reports until it is answered. A cancel ends it. */
const work = (agent: TestAgent, done: RunJob[], does: Does = () => 0): void => {
  const taken = new Set<string>();
  const held = new Map<string, RunJob>();
  const finish = (command: RunJob, exitCode: number, outcome: 'succeeded' | 'failed' | 'cancelled') => {
    const outputs = exitCode === 0 && command.installer === 'db' && command.action === 'install' ? JobOutputs.parse({ URL: `db://${agent.id}` }) : undefined;
    return eventually(() => agent.finished(command, { outcome, exitCode, ...(outputs && { outputs }) }), { timeoutMs: 60_000 });
  };
  const run = async (command: RunJob) => {
    await eventually(() => agent.started(command), { timeoutMs: 60_000 });
    done.push(command);
    const exitCode = does(nameOf(command), command);
    if (exitCode < 0) held.set(command.jobId, command);
    else await finish(command, exitCode, exitCode === 0 ? 'succeeded' : 'failed');
  };
  agent.answer = (command: AgentCommand) => {
    if (command.type === 'run-job' && !taken.has(command.commandId)) {
      taken.add(command.commandId);
      void run(command);
    }
    const waiting = command.type === 'cancel-job' ? held.get(command.jobId) : undefined;
    if (waiting && held.delete(waiting.jobId)) void finish(waiting, 143, 'cancelled');
    return { outcome: 'accepted' };
  };
};

const newId_ = () => InstalledBundleId.parse(newId());
const order = (front: TestAgent, data: TestAgent, inputs: object = {}) => ({ bundle: shop, servers: { front: front.serverId, data: data.serverId } as Record<string, ServerId>, inputs: { secret: SECRET, ...inputs } });
const settled = (world: World, { id }: Pick<InstalledBundle, 'id'>, status: string): Promise<InstalledBundle> => eventually(async () => {
  const now = await world.ask(readInstalledBundle, { installedBundleId: id });
  expect(now, JSON.stringify(now)).toMatchObject({ status });
  return now;
}, { timeoutMs: 60_000 });
const statuses = ({ apps }: InstalledBundle) => Object.fromEntries(apps.map(({ app, status }) => [app, status]));

describe('a bundle', () => {
  test('is planned, installed on two servers, retried from what failed, and removed in reverse order', { timeout: 180_000 }, async ({ world }) => {
    await world.start();
    const [front, data] = [await world.connect(), await world.connect()];
    const done: RunJob[] = [];
    let siteEnds = 3;
    work(data, done);
    work(front, done, (name) => (name === 'install site' ? siteEnds : 0));
    expect(await world.ask(listBundles, {}).catch(() => world.askAny(listBundles))).toMatchObject({ items: [{ id: 'shop', order: ['web', 'db', 'site'] }], refused: [] });

    const plan = await world.ask(planBundle, order(front, data));
    expect(plan).toMatchObject({ canRun: true, inputs: { title: 'Shop', with_web: false }, hidden: ['secret'] });
    expect(plan.apps.map(({ app, does, inputs, later, hidden }) => ({ app, does, inputs, later, hidden }))).toEqual([
      { app: 'web', does: 'leave-out', inputs: {}, later: {}, hidden: [] },
      { app: 'db', does: 'install', inputs: {}, later: {}, hidden: ['password'] },
      { app: 'site', does: 'install', inputs: { title: 'The Shop' }, later: { db_url: 'outputs.db.URL' }, hidden: ['db_password'] },
    ]);
    expect(JSON.stringify(plan)).not.toContain(SECRET);
    const all = await world.ask(planBundle, { bundle: shop, servers: { front: front.serverId, moon: data.serverId }, inputs: { title: 7 } });
    expect(all.problems.map(({ path }) => path).sort()).toEqual(['secret', 'servers.data', 'servers.moon', 'title']);
    await expect(world.ask(installBundle, { ...order(front, data), installedBundleId: newId_(), servers: {} })).rejects.toMatchObject({ code: 'bundle.cannot_run', message: expect.stringContaining('choose a server for "In front"') });
    await expect(world.ask(planBundle, { ...order(front, data), bundle: BundleId.parse('moon') })).rejects.toMatchObject({ code: 'bundle.unknown' });
    expect(done).toEqual([]);

    const installedBundleId = newId_();
    const ask = () => world.ask(installBundle, { ...order(front, data), installedBundleId });
    const [one, same] = await Promise.all([ask(), ask()]);
    expect(same.id).toBe(one.id);
    await expect(world.ask(installBundle, { ...order(front, data, { title: 'Other' }), installedBundleId })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await expect(world.ask(installBundle, { ...order(front, data, { secret: 'another-secret' }), installedBundleId })).rejects.toMatchObject({ code: 'idempotency.reused' });
    const broken = await settled(world, one, 'failed');
    expect(statuses(broken)).toEqual({ web: 'left-out', db: 'installed', site: 'failed' });
    expect(broken.reason).toMatch(/^site \(site\) could not be installed: .*3.*try again from there/);
    expect(done.map(nameOf)).toEqual(['install db', 'install site']);
    expect([data.secretsOf(done[0]!), front.secretsOf(done[1]!)]).toEqual([{ password: SECRET }, { db_password: SECRET }]);
    expect(done[1]!.inputs, 'the second app gets what the first has handed on').toEqual({ db_url: `db://${data.id}`, title: 'The Shop' });

    siteEnds = 0;
    await world.ask(retryBundle, { installedBundleId });
    const whole = await settled(world, one, 'installed');
    expect([whole.attempt, statuses(whole), whole.apps[1]?.outputs]).toEqual([2, { web: 'left-out', db: 'installed', site: 'installed' }, { URL: `db://${data.id}` }]);
    expect(done.map(nameOf)).toEqual(['install db', 'install site', 'install site']);
    expect(front.secretsOf(done[2]!)).toEqual({ db_password: SECRET });

    // What is there is left alone by a second one that says so, and refused by the app that does not.
    const again = await world.ask(planBundle, order(front, data));
    expect([again.canRun, again.apps.map(({ does }) => does)]).toEqual([false, ['leave-out', 'skip', 'refuse']]);

    await world.ask(uninstallBundle, { installedBundleId, withoutBackup: false });
    const stuck = await settled(world, one, 'failed');
    expect(stuck.reason).toContain('"withoutBackup": true');
    await world.ask(uninstallBundle, { installedBundleId, withoutBackup: true });
    const gone = await settled(world, one, 'removed');
    expect(statuses(gone)).toEqual({ web: 'left-out', db: 'removed', site: 'removed' });
    expect(done.slice(3).map(nameOf)).toEqual(['uninstall site', 'uninstall db']);
    expect(data.secretsOf(done[4]!), 'the password that db was installed with is known no more, and not asked for').toEqual({});
    const everything = JSON.stringify((await sql`select type, data from events`.execute(world.db)).rows) + JSON.stringify(await world.db.selectFrom('installed_bundles').selectAll().execute());
    expect(everything).not.toContain(SECRET);

    const { items, nextCursor } = await world.ask(listInstalledBundles, { limit: 10, status: 'removed' });
    expect([items.map(({ id }) => id), nextCursor]).toEqual([[installedBundleId], null]);
    await world.db.updateTable('installed_bundles').set({ project_id: newId() }).execute();
    for (const request of [readInstalledBundle, cancelBundle, retryBundle, uninstallBundle]) await expect(world.ask(request, { installedBundleId })).rejects.toBeInstanceOf(NotFound);
  });

  test('is cancelled with the job that runs, and goes on from there', { timeout: 120_000 }, async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    const done: RunJob[] = [];
    let dbEnds = -1;
    work(agent, done, (name) => (name === 'install db' ? dbEnds : name === 'uninstall site' ? -1 : 0));
    const asked = await world.ask(installBundle, { ...order(agent, agent), installedBundleId: newId_() });
    await eventually(() => expect(done).toHaveLength(1), { timeoutMs: 60_000 });
    await world.ask(cancelBundle, { installedBundleId: asked.id });
    expect(statuses(await settled(world, asked, 'cancelled'))).toMatchObject({ db: 'cancelled', site: 'waiting' });
    await expect(world.ask(uninstallBundle, { installedBundleId: newId_() })).rejects.toBeInstanceOf(NotFound);
    dbEnds = 0;
    await world.ask(retryBundle, { installedBundleId: asked.id });
    await settled(world, asked, 'installed');
    expect(done.map(nameOf)).toEqual(['install db', 'install db', 'install site']);
    await expect(world.ask(cancelBundle, { installedBundleId: asked.id })).rejects.toMatchObject({ code: 'bundle.finished' });
    await eventually(async () => expect(await world.ask(readApp, { serverId: agent.serverId, installer: InstallerId.parse('site') })).toMatchObject({ state: 'installed' }));
    await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' });

    // An app that somebody changes just now is waited for, also when it is gone afterwards.
    await world.ask(changeApp, { serverId: agent.serverId, installer: InstallerId.parse('site'), changeId: ChangeId.parse(newId()), action: 'uninstall', inputs: {}, withoutBackup: true });
    const byHand = await eventually(() => done.find((each) => nameOf(each) === 'uninstall site') ?? expect.fail('not begun yet'), { timeoutMs: 60_000 });
    await world.ask(uninstallBundle, { installedBundleId: asked.id, withoutBackup: true });
    const read = () => world.ask(readInstalledBundle, { installedBundleId: asked.id });
    await eventually(async () => expect(statuses(await read())).toMatchObject({ site: 'running' }), { timeoutMs: 60_000 });
    await eventually(() => agent.finished(byHand, { outcome: 'succeeded', exitCode: 0 }), { timeoutMs: 60_000 });
    expect(statuses(await settled(world, asked, 'removed'))).toMatchObject({ db: 'removed', site: 'removed' });
    expect(done.map(nameOf).filter((name) => name.startsWith('uninstall'))).toEqual(['uninstall site', 'uninstall db']);
  });
});

test('an app whose installer is being mended is waited for, which is told; a cancel ends the wait', { timeout: 120_000 }, async ({ world }) => {
  await world.start();
  const agent = await world.connect();
  const done: RunJob[] = [];
  work(agent, done, (name) => (name === 'install db' ? -1 : 0));
  const mend = async (text: string): Promise<void> => {
    await world.install('site', { 'manifest.yml': text });
    await world.askAny(reloadInstallers);
  };
  const held = (id: InstalledBundleId) => eventually(async () => {
    const now = await world.ask(readInstalledBundle, { installedBundleId: id });
    expect(now, JSON.stringify(now)).toMatchObject({ status: 'installing', apps: [{}, { app: 'db', status: 'installed', waitsUntil: null }, { app: 'site', status: 'waiting', workId: null, waitsUntil: expect.any(String), reason: expect.stringMatching(/^Waiting for the installer: .*site.* has a fault/) }] });
  }, { timeoutMs: 60_000 });
  const breaksWhileDbInstalls = async (): Promise<void> => {
    const first = await eventually(() => done[0] ?? expect.fail('not begun yet'), { timeoutMs: 60_000 });
    await mend('id: site\n');
    await eventually(() => agent.finished(first, { outcome: 'succeeded', exitCode: 0, outputs: JobOutputs.parse({ URL: 'db://x' }) }), { timeoutMs: 60_000 });
  };
  const asked = await world.ask(installBundle, { ...order(agent, agent), installedBundleId: newId_() });
  await breaksWhileDbInstalls();
  await held(asked.id);
  await mend(SITE);
  await settled(world, asked, 'installed');
  expect(done.map(nameOf)).toEqual(['install db', 'install site']);

  await world.ask(uninstallBundle, { installedBundleId: asked.id, withoutBackup: true });
  await settled(world, asked, 'removed');
  done.length = 0;
  const again = await world.ask(installBundle, { ...order(agent, agent), installedBundleId: newId_() });
  await breaksWhileDbInstalls();
  await held(again.id);
  await world.ask(cancelBundle, { installedBundleId: again.id });
  expect((await settled(world, again, 'cancelled')).apps[2]).toMatchObject({ status: 'waiting', reason: null, waitsUntil: null });
  await mend(SITE);

  // What is on a server that goes is not in the way of anybody.
  await world.logs.provisioning.say(`server-${agent.serverId}`, 'DeletionRequested', { serverId: agent.serverId, at: new Date().toISOString() });
  await eventually(async () => expect((await world.db.selectFrom('servers').select('status').execute()).map(({ status }) => status)).toEqual(['deleting']), { timeoutMs: 60_000 });
  await world.ask(uninstallBundle, { installedBundleId: again.id, withoutBackup: true });
  expect((await settled(world, again, 'removed')).apps[1]).toMatchObject({ status: 'removed', reason: expect.stringContaining('goes with its server') });
});

test('two replicas that are killed again and again install each app once', { timeout: 150_000 }, async ({ world, onTestFinished }) => {
  world.patienceMs = 5000;
  const program = await bundleReplica();
  let replicas = [startReplica(program, world.env), startReplica(program, world.env)];
  onTestFinished(async () => void (await Promise.all(replicas.map((replica) => replica.kill()))));
  const [front, data] = [await world.connect(), await world.connect()];
  const done: RunJob[] = [];
  work(front, done);
  work(data, done);
  const installedBundleId = newId_();
  const asked = await eventually(() => world.ask(installBundle, { ...order(front, data, { with_web: true }), installedBundleId }), { timeoutMs: 60_000 });
  for (let step = 1; step <= 3; step += 1) {
    const [victim, other] = replicas;
    await victim!.kill();
    replicas = [other!, startReplica(program, world.env)];
    await eventually(async () => expect(done.length, JSON.stringify(await world.ask(readInstalledBundle, { installedBundleId }))).toBeGreaterThanOrEqual(step), { timeoutMs: 60_000 });
  }
  const whole = await eventually(() => settled(world, asked, 'installed'), { timeoutMs: 60_000 });
  expect(done.map(nameOf)).toEqual(['install web', 'install db', 'install site']);
  expect(whole.apps.map(({ workId }) => workId)).toEqual(done.map(({ jobId }) => jobId));
});
