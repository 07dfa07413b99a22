import { CloudId, ProjectId } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import { machine } from '../provider/provider.contract.ts';
import type { CloudProvider } from '../provider/provider.port.ts';
import { SimulatedCloud } from '../testing/simulated-cloud.ts';
import { chanceOf } from '../testing/simulated-world.ts';
import { createBaseUrls } from './base-urls.ts';
import { createCredentialClouds, KEPT_OPEN_MS, KNOWN_FOR_MS } from './credential-clouds.ts';
import { credentialDecider, type CredentialCommand, type CredentialState } from './credential.decider.ts';
import type { CredentialLog } from './credential-log.ts';

const credentialId = CloudId.parse('0198c0de-0000-7000-8000-000000000001');
const projectId = ProjectId.parse('0198c0de-0000-7000-8000-00000000000a');
const account = { account: 'ours', machineLimit: 10 };
const server = { projectId, cloudId: credentialId };
const key = { name: 'web-1', tag: 'citrus-srv:1', size: machine.size };

/** A log in memory, accounts that note what becomes of them, and time that passes when it is told to. */
const open = () => {
  let [now, state, loads]: [number, CredentialState, number] = [1_795_000_000_000, credentialDecider.initialState, 0];
  const [tokens, opened, closed, refusals]: [Map<string, string>, string[], string[], (() => void)[]] = [new Map([['t1', 'first'], ['t2', 'second']]), [], [], []];
  const said: string[] = [];
  const world = { now: () => now, pass: (ms: number) => void (now += ms), chance: chanceOf(1), lagMs: 0, createTimeoutMs: 1000, trouble: 0 };
  const own = new SimulatedCloud(world);
  const log: CredentialLog = {
    load: async () => ((loads += 1), state),
    defaultOf: async () => null,
    chooseDefault: async () => ({ position: 0 }),
    execute: async (command) => {
      const events = credentialDecider.decide(command, state);
      said.push(...events.map(({ type }) => type));
      state = events.reduce(credentialDecider.evolve, state);
      return { state, events, position: 0 };
    },
  };
  const clouds = createCredentialClouds({
    installation: { cloudId: null, kind: 'digitalocean', cloud: own }, log, ids: async () => [credentialId], now: () => now, isAllowed: createBaseUrls([]).isAllowed,
    vault: { keep: async () => undefined, open: async (tokenId) => tokens.get(tokenId), destroy: async () => undefined, keptBefore: async () => [] },
    open: ({ token, onUnauthorized }) => {
      opened.push(token);
      refusals.push(onUnauthorized ?? (() => undefined));
      return { cloud: new SimulatedCloud(world), offers: () => Promise.reject(new Error('not asked for')), close: async () => void closed.push(token) };
    },
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const at = () => new Date(now).toISOString();
  const does = (type: CredentialCommand['type'], data: object) => log.execute({ type, at: at(), data: { credentialId, ...data } } as CredentialCommand, { actor: { kind: 'service', id: 'test' }, projectId, correlationId: 'test' });
  return {
    clouds, own, opened, closed, said, tokens, loads: () => loads, pass: world.pass, at,
    add: (over: object = {}) => does('AddCredential', { projectId, name: 'ours', kind: 'digitalocean', tokenId: 't1', tokenEnd: 'irst', ...account, ...over }),
    rotate: () => does('RotateToken', { tokenId: 't2', tokenEnd: 'cond', ...account }),
    begin: () => does('BeginRemoval', {}), finish: () => does('FinishRemoval', {}),
    refuse: async () => {
      refusals.at(-1)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};
const creates = (cloud: CloudProvider) => cloud.create({ ...machine }, key);

describe('which cloud a server is in', () => {
  test('is the installation’s, where it names none', async () => {
    const { clouds, own } = open();
    expect(await clouds.cloudFor({ projectId })).toBe(own);
    expect(await clouds.cloudFor({ projectId, cloudId: null })).toBe(own);
  });

  test('is looked at once a second, and opened once', async () => {
    const { clouds, add, opened, loads, pass } = open();
    await add();
    const [one, other] = [await clouds.cloudFor(server), await clouds.cloudFor(server)];
    expect([one === other, opened, loads()]).toEqual([true, ['first'], 1]);
    pass(KNOWN_FOR_MS);
    await clouds.cloudFor(server);
    expect([opened, loads()]).toEqual([['first'], 2]);
  });

  test('is another account a second after a rotation; the old one is closed long after its last use', async () => {
    const { clouds, add, rotate, opened, closed, pass } = open();
    await add();
    await clouds.cloudFor(server);
    await rotate();
    pass(KNOWN_FOR_MS);
    await clouds.cloudFor(server);
    expect([opened, closed]).toEqual([['first', 'second'], []]);
    pass(KEPT_OPEN_MS - KNOWN_FOR_MS);
    await clouds.cloudFor(server);
    expect(closed).toEqual(['first']);
    await clouds.stop();
    expect(closed).toEqual(['first', 'second']);
  });

  test('is none while the token is refused, which is told once; and deadlines begin when it is good again', async () => {
    const { clouds, add, refuse, rotate, said, pass, at } = open();
    await add();
    await clouds.cloudFor(server);
    await Promise.all([refuse(), refuse(), refuse()]);
    expect(said).toEqual(['CredentialAdded', 'CredentialRefused']);
    await expect(clouds.cloudFor(server)).rejects.toThrow(Unavailable);
    await expect(clouds.usableSince(server)).rejects.toThrow('does not accept the API token of ours');
    expect((await clouds.all()).map(({ cloudId }) => cloudId)).toEqual([null]);
    pass(3_600_000);
    await rotate();
    expect(await clouds.usableSince(server)).toBe(Date.parse(at()));
    expect((await clouds.all()).map(({ cloudId }) => cloudId)).toEqual([null, credentialId]);
  });

  test('makes nothing from the moment on in which the removal begins, and holds nothing when it is over', async () => {
    const { clouds, add, begin, finish } = open();
    await add();
    const cloud = await clouds.cloudFor(server);
    expect(await creates(cloud)).toMatchObject({ type: 'accepted' });
    await begin();
    expect(await creates(cloud)).toMatchObject({ type: 'rejected', code: 'cloud.being_removed', retryAfterMs: 2000 });
    expect(await cloud.find(key)).toHaveLength(1);
    await finish();
    const after = await clouds.cloudFor(server);
    expect(await creates(after)).toMatchObject({ type: 'rejected', code: 'cloud.removed', retryAfterMs: null });
    expect([await after.find(key), await after.get('1'), await after.destroy('1')]).toEqual([[], 'absent', 'absent']);
  });

  test('is none where the operator does not allow its address any more, or its token was destroyed', async () => {
    const elsewhere = open();
    await elsewhere.add({ baseUrl: 'http://10.0.0.1' });
    await expect(elsewhere.clouds.cloudFor(server)).rejects.toThrow('CITRUS_CLOUD_BASE_URLS');
    const { clouds, add, tokens } = open();
    await add();
    tokens.clear();
    await expect(clouds.cloudFor(server)).rejects.toThrow('was just replaced');
  });
});

describe('addresses', () => {
  const { checked, isAllowed } = createBaseUrls(['https://cloud.lab.example/', 'http://127.0.0.1:8990']);
  test('T854. that the operator lists are taken, with or without a slash at the end; none means the cloud’s own', () => {
    expect(['https://cloud.lab.example', 'https://cloud.lab.example/', 'http://127.0.0.1:8990', undefined].map(checked)).toEqual(['https://cloud.lab.example', 'https://cloud.lab.example', 'http://127.0.0.1:8990', undefined]);
    expect(isAllowed(null)).toBe(true);
  });
  test.for(['http://127.0.0.1:8991', 'http://127.0.0.1', 'http://127.0.0.1:8990@evil.example', 'http://127.0.0.1:8990/../admin', 'http://127.0.0.1:8990?x=', 'https://cloud.lab.example.evil.example', 'http://169.254.169.254', 'http://[::1]:8990', 'http://2130706433:8990'])('such as %s are refused', (url) => {
    expect(() => checked(url)).toThrow('Calls may not go to this address');
  });
});
