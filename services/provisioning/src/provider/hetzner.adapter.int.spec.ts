import { Unavailable } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from '../testing/local-cloud.ts';
import { Hetzner } from './hetzner.adapter.ts';
import { acceptedRef, cloudProviderContract, machine as droplet, newKey } from './provider.contract.ts';
import type { MachineSpec } from './provider.port.ts';

const machine: MachineSpec = { ...droplet, region: 'fsn1', size: 'cx22', image: 'ubuntu-24.04', tags: ['citrus-host', 'env:prod'] };

const opened: Hetzner[] = [];
let local: LocalCloudProcess;
beforeAll(async () => void (local = await startLocalCloud({ LOCAL_CLOUD_DRIVER: 'none', LOCAL_CLOUD_ACTIVE_AFTER_MS: '200', LOCAL_CLOUD_ACTION_TAKES_MS: '200', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_DROPLET_LIMIT: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' })));
afterEach(() => local.faults({}));
afterAll(async () => {
  await Promise.all(opened.map((cloud) => cloud.close()));
  await local.stop();
});

const connect = (options: { token?: string; createTimeoutMs?: number; url?: string } = {}) => {
  const cloud = new Hetzner({ url: `${local.url}/hetzner`, token: TOKEN, createTimeoutMs: 15_000, readTimeoutMs: 15_000, callsPerSecond: 200, ...options });
  opened.push(cloud);
  return cloud;
};

cloudProviderContract('Hetzner', () => ({
  cloud: connect(), machine, other: { size: 'cx32', image: 'debian-12' }, until: (check) => eventually(check),
  loseNextAnswer: () => local.faults({ lostAnswer: { times: 1, mode: 'reset' } }),
}));

describe('a create whose answer is lost', () => {
  test.each(['reset', 'hang', 'error'])('(%s) is unknown, and when it is sent again its server is adopted', async (mode) => {
    const cloud = connect({ createTimeoutMs: 2500 });
    const key = newKey();
    await local.faults({ lostAnswer: { times: 1, mode } });
    expect(await cloud.create(machine, key)).toMatchObject({ type: 'unknown' });
    const [found] = await eventually(async () => {
      const all = await cloud.find(key);
      expect(all).toHaveLength(1);
      return all;
    });
    expect(await cloud.create(machine, key)).toEqual({ type: 'accepted', ref: found?.ref });
    expect(await cloud.find(key)).toHaveLength(1);
  });

  test('stays unknown as long as the list lags, although the name is taken', async () => {
    const cloud = connect();
    const key = newKey();
    await local.faults({ listLagMs: 600_000 });
    acceptedRef(await cloud.create(machine, key));
    expect(await cloud.create(machine, key)).toMatchObject({ type: 'unknown' });
  });

  test('is nobody’s to adopt when another server has the name', async () => {
    const cloud = connect();
    const [first, second] = [newKey(), newKey()];
    acceptedRef(await cloud.create(machine, first));
    expect(await cloud.create(machine, { ...second, name: first.name })).toMatchObject({ type: 'rejected', code: 'name.taken', retryAfterMs: null });
  });
});

describe('a create that is refused', () => {
  test.each([
    ['size', { size: 'cx9999' }, 'size.unknown'], ['region', { region: 'mars' }, 'region.unknown'], ['image', { image: 'dos-6.22' }, 'image.unknown'], ['SSH key', { sshKeys: [7] }, 'ssh_key.unknown'],
    ['network', { vpcId: '7' }, 'network.unknown'], ['network of another cloud', { vpcId: '5a4981aa-9653-4bd1-bef5-d6bff52042e4' }, 'network.unknown'], ['tag', { tags: ['a:b:c'] }, 'tag.not_a_label'],
    ['user data', { userData: 'x'.repeat(32_769) }, 'user_data.too_long'], ['wish for backups', { backups: true }, 'backups.not_at_create'],
  ])('for its %s tells which, and is final', async (_, change, code) => {
    const cloud = connect();
    const key = newKey();
    expect(await cloud.create({ ...machine, ...change }, key)).toEqual({ type: 'rejected', code, reason: expect.stringMatching(/^[A-Z].+\.$/), retryAfterMs: null });
    expect(await cloud.find(key)).toEqual([]);
  });

  test('for a region without capacity is worth another try', async () => {
    await local.faults({ unavailableRegions: ['fsn1'] });
    expect(await connect().create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'region.unavailable', retryAfterMs: expect.any(Number) });
  });

  test('because of the rate limit keeps all callers of the credential away for a while', async () => {
    const cloud = connect();
    await local.faults({ tooManyRequests: { times: 1 } });
    const askedAt = performance.now();
    expect(await cloud.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'cloud.rate_limited' });
    expect(await cloud.find(newKey())).toEqual([]);
    expect(performance.now() - askedAt).toBeGreaterThan(990); // its Retry-After is a second
  });
});

test('a project that is full says so', async () => {
  const small = await startLocalCloud({ LOCAL_CLOUD_DRIVER: 'none', LOCAL_CLOUD_DROPLET_LIMIT: '1' });
  try {
    const cloud = connect({ url: `${small.url}/hetzner` });
    acceptedRef(await cloud.create(machine, newKey()));
    expect(await cloud.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'account.droplet_limit', retryAfterMs: expect.any(Number) });
  } finally {
    await small.stop();
  }
});

test('a name of another server is refused', async () => {
  const cloud = connect();
  const keys = [newKey(), newKey()] as const;
  const refs = [acceptedRef(await cloud.create(machine, keys[0])), acceptedRef(await cloud.create(machine, keys[1]))];
  expect(await cloud.act(refs[0] ?? '', { type: 'rename', name: keys[1].name })).toMatchObject({ type: 'rejected', code: 'name.taken' });
});

test('a tag that would push another one off its label is refused, and changes nothing', async () => {
  const cloud = connect();
  const ref = acceptedRef(await cloud.create({ ...machine, tags: ['env:prod'] }, newKey()));
  const before = await cloud.get(ref);
  expect(await cloud.addTags(ref, ['env:test'], ['env:prod', 'env:test'])).toEqual({ refused: expect.stringContaining('env:test') });
  expect(await cloud.addTags(ref, ['a:b:c'])).toEqual({ refused: expect.stringContaining('a:b:c') });
  expect(await cloud.removeTags(ref, ['env:test', 'env', 'a:b:c'])).toBe('removed');
  expect(await cloud.get(ref)).toEqual(before);
  expect(await cloud.addTags(ref, ['env:test'], ['env:test'])).toBe('added');
  expect(await cloud.removeTags(ref, ['env:prod'])).toBe('removed');
  expect(await cloud.get(ref)).toMatchObject({ tags: expect.arrayContaining(['env:test']) });
});

describe('a credential', () => {
  test('that is wrong is told, and never shown', async () => {
    const cloud = connect({ token: 'hcloud_wrong_token_1234' });
    expect(await cloud.probe()).toMatchObject({ isGood: false, code: 'cloud.unauthorized' });
    expect(await cloud.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'cloud.unauthorized', retryAfterMs: null });
    expect(await cloud.act('1', { type: 'reboot' })).toMatchObject({ type: 'rejected', code: 'cloud.unauthorized' });
    await expect(cloud.get('1')).rejects.toBeInstanceOf(Unavailable);
  });

  test('that may only read is told', async () => {
    await local.faults({ forbidden: { method: 'POST' } });
    expect(await connect().probe()).toEqual({ isGood: false, code: 'cloud.forbidden', reason: expect.stringContaining('read and write') });
  });
});
