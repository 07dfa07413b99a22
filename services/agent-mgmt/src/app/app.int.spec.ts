import { actOnApp, ChangeId, changeApp, createJob, Digest, InstallerId, listApps, listJobs, readApp, readBoard, readAppChange, readJob, reloadInstallers, type AgentCommand, type App, type AppChange, type Job, type RunJob } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { describe, expect } from 'vitest';
import { bundleReplica, startReplica } from '../testing/replica-process.ts';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test as base, type World } from '../testing/world.ts';

const SAFE = `id: safe
name: Safe
version: 1.0.0
description: An app that can be backed up
category: web
author: Citrus
portable: true
inputs:
  - { id: port, type: port, label: Port, default: 8080 }
  - { id: admin_password, type: password, label: Password }
scripts: { uninstall: uninstall.sh, upgrade: upgrade.sh, reconfigure: reconfigure.sh, backup: backup.sh, restore: restore.sh, health: health.sh }
`;
/** The same, and it cannot be installed without a secret. */
const VAULT = SAFE.replace('id: safe', 'id: vault').replace('label: Password }', 'label: Password, required: true }\n  - { id: title, type: string, label: Title, required: true }');
const scripts = Object.fromEntries(['install', 'uninstall', 'upgrade', 'reconfigure', 'backup', 'restore', 'health'].map((name) => [`${name}.sh`, '#!/bin/bash\n']));
const [safe, vault, web] = [InstallerId.parse('safe'), InstallerId.parse('vault'), InstallerId.parse('web')];
const made = { digest: Digest.parse(`sha256:${'b'.repeat(64)}`), bytes: 7 };
const newChange = () => ChangeId.parse(newId());

const test = base.extend('apps', { auto: true }, async ({ world }) => {
  await world.install('safe', { 'manifest.yml': SAFE, ...scripts });
  await world.install('vault', { 'manifest.yml': VAULT, ...scripts });
  await world.install('web', { 'manifest.yml': `id: web\nname: Web\nversion: 1.0.0\ndescription: A web server\ncategory: web\nauthor: Citrus\nportable: true\nscripts: { uninstall: uninstall.sh }\n`, ...scripts });
});

/** What an action of it comes to; a check of a backup is called `verify`. */
type Does = (action: string, command: RunJob) => number;
const nameOf = (command: RunJob): string => (command.backup?.check ? 'verify' : command.action);

/** Does each job once, as the test says, and reports until it is answered. */
const work = (agent: TestAgent, does: Does): RunJob[] => {
  const done: RunJob[] = [];
  const taken = new Set<string>();
  const run = async (command: RunJob) => {
    await eventually(() => agent.started(command), { timeoutMs: 60_000 });
    const exitCode = does(nameOf(command), command);
    done.push(command);
    await eventually(() => agent.finished(command, { outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode, ...(command.action === 'backup' && exitCode === 0 && { backup: made }) }), { timeoutMs: 60_000 });
  };
  agent.answer = (command: AgentCommand) => {
    if (command.type === 'run-job' && !taken.has(command.commandId)) {
      taken.add(command.commandId);
      void run(command);
    }
    return { outcome: 'accepted' };
  };
  return done;
};

const install = async (world: World, agent: TestAgent, installer = safe): Promise<void> => {
  const job = await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer, action: 'install', inputs: installer === safe ? { port: 81 } : {}, priority: 'normal' });
  await endOf(world, job);
};
const endOf = (world: World, job: Job): Promise<Job> => eventually(async () => {
  const now = await world.ask(readJob, { jobId: job.id });
  expect(now.finishedAt).not.toBeNull();
  return now;
}, { timeoutMs: 60_000 });
const change = (world: World, agent: TestAgent, asked: { changeId?: ChangeId; action: string; installer?: InstallerId; inputs?: object; withoutBackup?: boolean }): Promise<AppChange> =>
  world.ask(changeApp, { changeId: newChange(), serverId: agent.serverId, installer: safe, inputs: {}, withoutBackup: false, ...asked });
const ended = (world: World, { id, serverId, installer }: AppChange): Promise<AppChange> => eventually(async () => {
  const now = await world.ask(readAppChange, { changeId: id, serverId, installer });
  expect(now.finishedAt).not.toBeNull();
  // The row of the app is another read model's.
  expect((await world.ask(readApp, { serverId, installer })).change).toMatchObject({ id, status: now.status });
  return now;
}, { timeoutMs: 60_000 });
const appOn = (world: World, agent: TestAgent, installer = safe): Promise<App> => world.ask(readApp, { serverId: agent.serverId, installer });

test('shows no answer that its installer has made a secret since', async ({ world }) => {
  await world.start();
  const agent = await world.connect();
  work(agent, (action) => (action === 'install' ? 0 : 1));
  const motto = '  - { id: motto, type: string, label: Motto }\n';
  const withMotto = SAFE.replace('scripts:', `${motto}scripts:`);
  await world.install('safe', { 'manifest.yml': withMotto });
  await world.askAny(reloadInstallers);
  const asked = await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: safe, action: 'install', inputs: { port: 81, motto: 'was open once' }, priority: 'normal' });
  await endOf(world, asked);
  const one = { serverId: agent.serverId, installer: safe };
  await eventually(async () => expect(await world.ask(readApp, one)).toMatchObject({ inputs: { port: 81, motto: 'was open once' }, proposal: { motto: 'was open once' } }));
  await world.install('safe', { 'manifest.yml': withMotto.replace('label: Motto }', 'label: Motto, sensitive: true }') });
  await world.askAny(reloadInstallers);
  const told = [await world.ask(readApp, one), (await world.ask(listApps, { limit: 10 })).items[0]];
  expect(told).toEqual([expect.objectContaining({ inputs: { port: 81 }, proposal: { port: 81 } }), expect.objectContaining({ inputs: { port: 81 }, proposal: { port: 81 } })]);
});

describe('an app', () => {
  test('is changed from a proven backup, and goes back to it by itself', { timeout: 120_000 }, async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    const bad = new Set<string>();
    const done = work(agent, (action, { inputs }) => (bad.has(action) && inputs['port'] !== 81 ? 3 : 0));
    await install(world, agent);
    // The row of the app is another read model's.
    await eventually(async () => expect(await appOn(world, agent)).toMatchObject({ state: 'installed', version: '1.0.0', inputs: { port: 81 }, health: 'unknown', backups: [] }));

    const waiting = await world.absent();
    const queued = await world.ask(createJob, { jobId: newJobId(), serverId: waiting.serverId, installer: web, action: 'install', inputs: {}, priority: 'normal' });
    const board = await world.ask(readBoard, { serverIds: [agent.serverId, waiting.serverId, newId()] });
    expect(board.items.toSorted((a) => (a.serverId === agent.serverId ? -1 : 1))).toEqual([
      { serverId: agent.serverId, apps: [{ installer: safe, version: '1.0.0', state: 'installed', health: 'unknown' }], job: null, openJobs: 0, labels: [] },
      { serverId: waiting.serverId, apps: expect.any(Array), job: { id: queued.id, installer: web, action: 'install', status: 'queued', percent: null, since: queued.createdAt }, openJobs: 1, labels: [] },
    ]);

    const good = await ended(world, await change(world, agent, { action: 'reconfigure', inputs: { port: 82, admin_password: 'hunter22' } }));
    expect(good).toMatchObject({ status: 'changed', appIs: 'changed', isHealthy: true, withBackup: true, backup: made, reason: null });
    expect(done.slice(1).map(nameOf)).toEqual(['backup', 'verify', 'reconfigure', 'health']);
    expect(done.slice(1).map(({ inputs }) => inputs['port']), 'a backup is about what was there before').toEqual([81, 81, 82, 82]);
    expect(agent.secretsOf(done[3]!)).toEqual({ admin_password: 'hunter22' });
    await eventually(async () => expect(await appOn(world, agent)).toMatchObject({ inputs: { port: 82 }, health: 'healthy', backups: [{ ...made, version: '1.0.0' }], change: { status: 'changed' } }));

    bad.add('health');
    const back = await change(world, agent, { action: 'reconfigure', inputs: { port: 83 } });
    await expect(change(world, agent, { action: 'uninstall' }), 'one at a time').rejects.toMatchObject({ code: 'app.changing' });
    bad.add('reconfigure');
    expect(await ended(world, back)).toMatchObject({ status: 'failed', appIs: 'restored', isHealthy: false, reason: expect.stringContaining('not healthy') });
    bad.delete('health');
    await world.ask(actOnApp, { serverId: agent.serverId, installer: safe, jobId: newJobId(), action: 'restore' }).then((job) => endOf(world, job));
    expect(done.at(-1)).toMatchObject({ action: 'restore', backup: { ...made, id: back.steps[0]?.jobId ?? expect.anything(), check: false } });
    expect(await ended(world, await change(world, agent, { action: 'reconfigure', inputs: { port: 84 } }))).toMatchObject({ status: 'rolled-back', appIs: 'restored', isHealthy: true });
    expect(await appOn(world, agent)).toMatchObject({ state: 'installed', inputs: { port: 82 }, version: '1.0.0' });

    bad.clear();
    const gone = await ended(world, await change(world, agent, { action: 'uninstall' }));
    expect([gone.status, gone.appIs, gone.steps.map(({ step }) => step)]).toEqual(['changed', 'removed', ['back-up', 'verify', 'change']]);
    const list = (asked: object) => world.ask(listApps, { limit: 10, ...asked }).then(({ items }) => items.length);
    expect([await list({ installer: safe }), await list({ serverId: agent.serverId }), await list({ state: 'removed' })], 'it could be restored').toEqual([0, 1, 1]);
    const everything = JSON.stringify([await world.db.selectFrom('apps').selectAll().execute(), await world.db.selectFrom('app_changes').selectAll().execute()]);
    expect(everything).not.toContain('hunter22');
  });

  test('is left as it is when it cannot be done safely, and belongs to its project', { timeout: 120_000 }, async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    let noBackup = true;
    const done = work(agent, (action) => (noBackup && action === 'backup' ? 1 : 0));
    await install(world, agent);
    await install(world, agent, web);
    await expect(change(world, agent, { action: 'uninstall', installer: web })).rejects.toMatchObject({ code: 'backup.not_offered', message: expect.stringContaining('"withoutBackup": true') });
    await expect(change(world, agent, { action: 'upgrade', installer: web })).rejects.toMatchObject({ code: 'action.not_offered' });
    await expect(change(world, agent, { action: 'reconfigure', inputs: { port: 'none' } })).rejects.toMatchObject({ code: 'inputs.invalid' });
    await expect(world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: safe, action: 'restore', inputs: {}, priority: 'normal' })).rejects.toMatchObject({ code: 'backup.not_named' });
    await expect(world.ask(actOnApp, { serverId: agent.serverId, installer: safe, jobId: newJobId(), action: 'restore' })).rejects.toMatchObject({ code: 'backup.unknown' });
    expect(await ended(world, await change(world, agent, { action: 'uninstall' }))).toMatchObject({ status: 'failed', appIs: 'unchanged', advice: expect.stringContaining('without one') });
    expect(done.map(nameOf)).toEqual(['install', 'install', 'backup']);
    expect(await appOn(world, agent)).toMatchObject({ state: 'installed', change: { status: 'failed' } });

    const page = await world.ask(listApps, { limit: 1 });
    const next = await world.ask(listApps, { limit: 1, cursor: page.nextCursor ?? '' });
    expect([...page.items, ...next.items].map(({ installer }) => installer)).toEqual(['safe', 'web']);
    expect([next.nextCursor, (await world.ask(listApps, { installer: safe, version: '1.0.0', health: 'unknown', limit: 5 })).items.length]).toEqual([null, 1]);
    const changeId = newChange();
    noBackup = false;
    const [one, same] = await Promise.all([change(world, agent, { changeId, action: 'uninstall', withoutBackup: true }), change(world, agent, { changeId, action: 'uninstall', withoutBackup: true })]);
    expect(same.id).toBe(one.id);
    await expect(change(world, agent, { changeId, action: 'upgrade', withoutBackup: true })).rejects.toMatchObject({ code: 'idempotency.reused' });
    expect(await ended(world, one)).toMatchObject({ status: 'changed', appIs: 'removed', withBackup: false });
    expect(done.map(nameOf).filter((name) => name === 'uninstall')).toHaveLength(1);
    await expect(change(world, agent, { action: 'uninstall', withoutBackup: true })).rejects.toMatchObject({ code: 'app.removed' });

    for (const table of ['apps', 'app_changes'] as const) await world.db.updateTable(table).set({ project_id: newId() }).execute();
    await expect(appOn(world, agent)).rejects.toBeInstanceOf(NotFound);
    await expect(world.ask(readAppChange, { changeId, serverId: agent.serverId, installer: safe })).rejects.toBeInstanceOf(NotFound);
    await expect(change(world, agent, { action: 'upgrade' })).rejects.toBeInstanceOf(NotFound);
    await expect(world.ask(actOnApp, { serverId: agent.serverId, installer: safe, jobId: newJobId(), action: 'health' })).rejects.toBeInstanceOf(NotFound);
    expect((await world.ask(listApps, { limit: 10 })).items).toEqual([]);
  });

  test('that was installed with a required secret is checked, backed up, restored and removed without it, and changed with it', { timeout: 120_000 }, async ({ world }) => {
    await world.start({ CITRUS_APP_CHECK_EVERY_MS: '600' });
    const agent = await world.connect();
    const done = work(agent, () => 0);
    const [title, admin_password] = ['A vault', 'hunter22'];
    const ask = (action: string, inputs: object) => world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: vault, action, inputs, priority: 'normal' });
    await expect(ask('install', { title })).rejects.toMatchObject({ code: 'inputs.invalid', fields: [{ path: 'inputs.admin_password', message: 'is required' }] });
    await endOf(world, await ask('install', { title, admin_password }));
    await eventually(async () => expect(await appOn(world, agent, vault)).toMatchObject({ state: 'installed', health: 'healthy' }), { timeoutMs: 60_000 });

    const act = async (action: 'backup' | 'restore' | 'health') => endOf(world, await world.ask(actOnApp, { serverId: agent.serverId, installer: vault, jobId: newJobId(), action }));
    expect((await act('backup')).status).toBe('succeeded');
    await eventually(async () => expect((await appOn(world, agent, vault)).backups).toHaveLength(1), { timeoutMs: 60_000 });
    expect([(await act('restore')).status, (await act('health')).status]).toEqual(['succeeded', 'succeeded']);

    const to = (action: string, inputs: object = {}) => change(world, agent, { action, installer: vault, inputs });
    for (const action of ['upgrade', 'reconfigure']) await expect(to(action)).rejects.toMatchObject({ code: 'inputs.invalid', message: expect.stringContaining('admin_password is required') });
    await expect(to('uninstall', { admin_password: 'abc' })).rejects.toMatchObject({ code: 'inputs.invalid' });
    await expect(ask('uninstall', {}), 'a job by itself takes nothing from before').rejects.toMatchObject({ fields: [{ path: 'inputs.title', message: 'is required' }] });
    expect(await ended(world, await to('reconfigure', { admin_password }))).toMatchObject({ status: 'changed' });
    const before = done.length;
    expect(await ended(world, await to('uninstall'))).toMatchObject({ status: 'changed', appIs: 'removed', withBackup: true });
    const last = done.slice(before).filter(({ action }) => action !== 'health');
    expect(last.map((command) => [nameOf(command), command.inputs, agent.secretsOf(command)])).toEqual(['backup', 'verify', 'uninstall'].map((name) => [name, { port: 8080, title }, {}]));
  });

  test('is asked again and again whether it answers; only what is new is told', { timeout: 120_000 }, async ({ world }) => {
    await world.start({ CITRUS_APP_CHECK_EVERY_MS: '600' });
    const agent = await world.connect();
    let exitCode = 0;
    const done = work(agent, (action) => (action === 'health' ? exitCode : 0));
    const checks = () => done.filter(({ action }) => action === 'health').length;
    await install(world, agent);
    const isNow = (wanted: object) => eventually(async () => expect(await appOn(world, agent)).toMatchObject(wanted), { timeoutMs: 60_000 });
    await isNow({ health: 'healthy' });
    const since = (await appOn(world, agent)).healthSince;
    await eventually(() => expect(checks()).toBeGreaterThanOrEqual(3), { timeoutMs: 60_000 });
    expect((await appOn(world, agent)).healthSince).toBe(since);
    exitCode = 3;
    await isNow({ health: 'unhealthy', healthReason: expect.stringContaining('3'), state: 'installed' });
    await eventually(async () => {
      const { rows } = await sql<{ health: string }>`select data ->> 'health' as health from events where type = 'AppHealthChanged' order by position`.execute(world.db);
      expect(rows.map(({ health }) => health)).toEqual(['healthy', 'unhealthy']);
    }, { timeoutMs: 30_000 });
    const jobs = (await world.ask(listJobs, { limit: 200 })).items.filter(({ action }) => action === 'health');
    expect(new Set(jobs.map(({ priority }) => priority))).toEqual(new Set(['low']));

    await world.logs.provisioning.say(`server-${agent.serverId}`, 'MaintenanceChanged', { serverId: agent.serverId, isOn: true, reason: 'a new disk', at: new Date().toISOString() });
    await eventually(async () => expect((await world.db.selectFrom('servers').select('in_maintenance').execute()).map((row) => row.in_maintenance)).toEqual([true]), { timeoutMs: 30_000 });
    const queued = async () => (await world.db.selectFrom('jobs').select('job_id').where('action', '=', 'health').execute()).length;
    await eventually(async () => {
      const before = await queued();
      // Overdue by far, and a turn later still not asked for.
      await world.db.updateTable('app_checks').set({ due_at: new Date(0) }).execute();
      await eventually(async () => expect((await world.db.selectFrom('jobs').select('job_id').where('status', 'in', ['dispatched', 'running']).execute())).toEqual([]), { timeoutMs: 30_000 });
      expect(await queued()).toBe(before);
    }, { timeoutMs: 30_000 });
    expect((await world.db.selectFrom('app_checks').select('due_at').execute())[0]?.due_at).toEqual(new Date(0));
  });
});

test('two replicas that are killed at every step change an app once, with each job once', { timeout: 150_000 }, async ({ world, onTestFinished }) => {
  world.patienceMs = 5000;
  const bundle = await bundleReplica();
  let replicas = [startReplica(bundle, world.env), startReplica(bundle, world.env)];
  onTestFinished(async () => void (await Promise.all(replicas.map((replica) => replica.kill()))));
  const agent = await world.connect();
  const done = work(agent, (action) => (action === 'upgrade' ? 1 : 0));
  const jobId = newJobId();
  const job = await eventually(() => world.ask(createJob, { jobId, serverId: agent.serverId, installer: safe, action: 'install', inputs: {}, priority: 'normal' }), { timeoutMs: 60_000 });
  await eventually(() => endOf(world, job), { timeoutMs: 60_000 });
  const changeId = newChange();
  const asked = await eventually(() => change(world, agent, { changeId, action: 'upgrade' }), { timeoutMs: 60_000 });
  for (let step = 2; step <= 6; step += 2) {
    const [victim, other] = replicas;
    await victim!.kill();
    replicas = [other!, startReplica(bundle, world.env)];
    await eventually(() => expect(done.length).toBeGreaterThanOrEqual(step), { timeoutMs: 60_000 });
  }
  const now = await eventually(() => ended(world, asked), { timeoutMs: 60_000 });
  expect(now).toMatchObject({ status: 'rolled-back', appIs: 'restored', isHealthy: true });
  expect(done.map(nameOf)).toEqual(['install', 'backup', 'verify', 'upgrade', 'restore', 'health']);
  expect(now.steps.map((step) => step.jobId)).toEqual(done.slice(1).map((command) => command.jobId));
});
