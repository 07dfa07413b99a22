/** What an installer would need and do on a server, and that every text reaches the agent through the log as it was given. */
import { createJob, InstallerId, planInstaller, retryJob, type InputValue, type RunJob } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, WEB_MANIFEST, type World } from '../testing/world.ts';

const MEGABYTE = 1_048_576;
const PLACES = Array.from({ length: 12 }, (_, index) => `text_${index}`);
const manifest = (id: string, more: string): string => `id: ${id}\nname: Shop\nversion: 1.0.0\ndescription: A shop\ncategory: web\nauthor: Citrus\nportable: true\n${more}`;
const SHOP = manifest('shop', `os_requirements: { versions: { debian: ">=12" }, architectures: [arm64] }
resource_requirements: { memory_mb: 1024, disk_mb: 2000 }
requires: { ports_free: [http_port], conflicts: [web] }
depends_on: [{ installer: db, version: ">=2" }]
warnings: [It phones home.]
notices: { before_install: Read this first. }
ports: [{ port: http_port, purpose: The shop }, { port: 9000, purpose: Metrics, public: false, when: metrics }]
files: [{ path: /srv/shop, purpose: Orders, data: true }]
outputs: [{ name: URL, description: Where it is }]
inputs:
  - { id: http_port, type: port, label: Port, default: 80 }
  - { id: metrics, type: boolean, label: Metrics, default: false }
  - { id: backend, type: select, label: Backend, choices_from: '@apps' }
  - { id: peer, type: select, label: Peer, choices_from: '["none", @servers]', default: none }
  - { id: token, type: password, label: Token, required_if: metrics }
`);
const TEXTS = manifest('texts', `inputs:\n${PLACES.map((id, index) => `  - { id: ${id}, type: string, label: T, sensitive: ${index % 3 === 2} }\n`).join('')}`);
const POOR = { os: 'Debian GNU/Linux 11', arch: 'x64', osFamilies: ['debian'], osVersion: '11', memoryBytes: 512 * MEGABYTE, diskFreeBytes: 300 * MEGABYTE, listeningPorts: [22, 80] };

const create = (world: World, agent: TestAgent, installer: string, more: object = {}) =>
  world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse(installer), action: 'install', inputs: {}, priority: 'normal', ...more });
const commandOf = (agent: TestAgent, jobId: string) => eventually(() => {
  const found = agent.received.find((received) => received.type === 'run-job' && received.jobId === jobId);
  expect(found).toBeDefined();
  return found as RunJob;
}, { timeoutMs: 60_000 });
const succeed = async (agent: TestAgent, command: RunJob): Promise<void> => {
  await agent.started(command);
  await agent.finished(command, { outcome: 'succeeded', exitCode: 0 });
};
const plan = (world: World, agent: TestAgent, inputs: object = {}) => world.ask(planInstaller, { serverId: agent.serverId, installer: InstallerId.parse('shop'), action: 'install', inputs });

describe('a plan', () => {
  test('tells everything at once, with numbers, and changes nothing; a job is refused with the same words', async ({ world }) => {
    await world.install('shop', { 'manifest.yml': SHOP, 'install.sh': '#!/bin/bash\n' });
    await world.install('db', { 'manifest.yml': WEB_MANIFEST.replace('id: web', 'id: db').replace('1.0.0', '2.1.0'), 'install.sh': '#!/bin/bash\n' });
    await world.start();
    const agent = await world.connect();
    await succeed(agent, await commandOf(agent, (await create(world, agent, 'web')).id));
    Object.assign(agent.facts, POOR);
    await agent.hello();
    const unmet = ['Debian >=12; this server has 11', 'A processor of type arm64; this server has amd64', '1 GB of memory; this server has 512 MB', '2 GB of free disk; this server has 300 MB free', 'Port 80 free; another program listens there', 'db >=2; it is not on this server', 'No web on the same server; it is there'];
    const told = await eventually(async () => {
      const poor = await plan(world, agent, { metrics: true });
      expect(poor.requirements.filter(({ state }) => state === 'unmet').map(({ text }) => text)).toEqual(unmet);
      return poor;
    }, { timeoutMs: 30_000 });
    expect(told).toMatchObject({
      installed: null, warnings: ['It phones home.'], notice: 'Read this first.', inputs: { http_port: 80, metrics: true }, problems: [{ path: 'token', message: 'is required' }], canRun: false,
      sources: { apps: ['web'], addresses: ['10.0.0.2'], servers: [], versions: [] },
      changes: { ports: [{ port: 80, purpose: 'The shop', public: true }, { port: 9000, purpose: 'Metrics', public: false }], files: [{ path: '/srv/shop', data: true }], outputs: ['URL'] },
    });
    expect((await plan(world, agent, { backend: 'db' })).problems).toEqual([{ path: 'backend', message: 'must be one of web' }]);
    const refusal = await create(world, agent, 'shop').catch((error: unknown) => error as { fields: { message: string }[] });
    expect(refusal).toMatchObject({ code: 'requirements.unmet', message: expect.stringContaining('1. Debian >=12; this server has 11.') });
    expect((refusal as { fields: { message: string }[] }).fields.map(({ message }) => message.split('. ')[0])).toEqual(unmet);

  });

  test('of an app without its memory can be gone on with; its retry, too', async ({ world }) => {
    await world.install('big', { 'manifest.yml': manifest('big', 'resource_requirements: { memory_mb: 1024 }\n'), 'install.sh': '#!/bin/bash\n' });
    await world.start();
    const agent = await world.connect();
    await expect(create(world, agent, 'big')).rejects.toMatchObject({ code: 'requirements.unmet' });
    const job = await create(world, agent, 'big', { ignore: ['memory'] });
    const command = await commandOf(agent, job.id);
    await agent.started(command);
    await agent.finished(command, { outcome: 'failed', exitCode: 1 });
    await eventually(async () => expect(await world.ask(retryJob, { jobId: job.id, newJobId: newJobId() })).toMatchObject({ status: expect.any(String) }));
  });
});

describe('every text', () => {
  test('T2302. reaches the agent as it was given, in clear or sealed', { timeout: 240_000 }, async ({ world }) => {
    await world.install('texts', { 'manifest.yml': TEXTS, 'install.sh': '#!/bin/bash\n' });
    await world.start();
    const agent = await world.connect();
    const carry = async (texts: readonly string[]): Promise<void> => {
      const inputs = Object.fromEntries(texts.map((text, index) => [`text_${index}`, text])) as Record<string, InputValue>;
      const job = await create(world, agent, 'texts', { inputs });
      const command = await commandOf(agent, job.id);
      expect({ ...command.inputs, ...(agent.secretsOf(command) as object) }).toEqual(inputs);
      await succeed(agent, command);
    };
    await carry(['', '\n\r\n', '\u0001\u001b\u007f', '\u2028💥', 'é e\u0301 ', 'null', '\ufeff\uffff', '{"a":1}', '\\u0000\\', '"\'`$(id)', '-0', '__proto__'].map((text, index) => (index % 3 === 2 ? text.padEnd(4, '.') : text)));
    for (const long of ['\u0001'.repeat(65_536), '"\\'.repeat(32_768), '語'.repeat(21_845), '\u{10ffff}'.repeat(16_384)]) {
      await carry([long]);
      await carry(['short', 'short', long]);
    }
    const text = fc.string({ unit: 'binary', minLength: 4, maxLength: 400 }).map((each) => each.replaceAll('\0', '').padEnd(4, '.'));
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: PLACES.length, maxLength: PLACES.length }), carry), { numRuns: 5, endOnFailure: true });
    await expect(create(world, agent, 'texts', { inputs: Object.fromEntries(PLACES.map((id, index) => [id, `${index}`.repeat(1000) + '語'.repeat(20_000)])) })).resolves.toBeDefined();
    // Nothing makes these smaller: the products of a number are as good as thrown dice.
    const noise = (seed: number) => Array.from({ length: 10_000 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * index * (48_271 + seed * 613) + index * (7919 + seed)) % 20_011))).join('');
    await expect(create(world, agent, 'texts', { inputs: Object.fromEntries(PLACES.map((id, place) => [id, noise(place)])) })).rejects.toMatchObject({ code: 'inputs.too_large', message: expect.stringContaining('a job holds 234 KiB') });
    await expect(create(world, agent, 'texts', { inputs: { text_0: 'half \ud83d' } })).rejects.toMatchObject({ code: 'inputs.invalid' });
  });
});
