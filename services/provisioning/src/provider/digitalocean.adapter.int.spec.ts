import { Unavailable } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from '../testing/local-cloud.ts';
import { DigitalOcean } from './digitalocean.adapter.ts';
import { acceptedRef, cloudProviderContract, machine, newKey } from './provider.contract.ts';

const opened: DigitalOcean[] = [];
let local: LocalCloudProcess;
beforeAll(async () => void (local = await startLocalCloud({ LOCAL_CLOUD_DRIVER: 'none', LOCAL_CLOUD_ACTIVE_AFTER_MS: '200', LOCAL_CLOUD_ACTION_TAKES_MS: '200', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_DROPLET_LIMIT: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' })));
afterEach(() => local.faults({}));
afterAll(async () => {
  await Promise.all(opened.map((cloud) => cloud.close()));
  await local.stop();
});

const connect = (options: { token?: string; createTimeoutMs?: number; url?: string } = {}) => {
  const cloud = new DigitalOcean({ url: local.url, token: TOKEN, createTimeoutMs: 15_000, readTimeoutMs: 15_000, callsPerSecond: 200, ...options });
  opened.push(cloud);
  return cloud;
};

cloudProviderContract('DigitalOcean', () => ({
  cloud: connect(), machine, other: { size: 's-1vcpu-1gb', image: 'debian-12-x64' }, until: (check) => eventually(check),
  loseNextAnswer: () => local.faults({ lostAnswer: { times: 1, mode: 'reset' } }),
}));

describe('a create whose answer is lost', () => {
  test.each(['reset', 'hang', 'error'])('(%s) is unknown, and its droplet is found by its key', async (mode) => {
    const cloud = connect({ createTimeoutMs: 2500 });
    const key = newKey();
    await local.faults({ lostAnswer: { times: 1, mode } });
    expect(await cloud.create(machine, key)).toMatchObject({ type: 'unknown' });
    await eventually(async () => expect(await cloud.find(key)).toHaveLength(1));
  });

  test('is sent once, although the service says that it is unavailable', async () => {
    const cloud = connect();
    const key = newKey();
    await local.faults({ serverError: { times: 1, status: 503, method: 'POST' } });
    expect(await cloud.create(machine, key)).toMatchObject({ type: 'unknown' });
    expect(await cloud.find(key)).toEqual([]);
  });
});

describe('a create that is refused', () => {
  test('says which size there is not, and is final', async () => {
    expect(await connect().create({ ...machine, size: 's-999vcpu' }, newKey())).toEqual({
      type: 'rejected', code: 'size.unknown', reason: 'The cloud has no size named s-999vcpu.', retryAfterMs: null,
    });
  });

  test('for a region without capacity is worth another try', async () => {
    await local.faults({ unavailableRegions: ['sfo3'] });
    expect(await connect().create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'region.unavailable', retryAfterMs: expect.any(Number) });
  });

  test('T863. with a wrong token tells what to check and never the token', async () => {
    const cloud = connect({ token: 'dop_v1_wrong' });
    const outcome = await cloud.create(machine, newKey());
    expect(outcome).toMatchObject({ type: 'rejected', code: 'cloud.unauthorized', retryAfterMs: null });
    const failure = await cloud.get('1').then(() => undefined, (error: unknown) => error);
    expect(failure).toBeInstanceOf(Unavailable);
    expect(JSON.stringify([outcome, failure, String(failure)])).not.toContain('dop_v1');
  });

  test('by nobody, because nobody is there, was not sent', async () => {
    const cloud = connect({ url: 'http://127.0.0.1:9' });
    expect(await cloud.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'cloud.unreachable' });
    await expect(cloud.find(newKey())).rejects.toBeInstanceOf(Unavailable);
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

test('the account’s limit is told with its number', async () => {
  const small = await startLocalCloud({ LOCAL_CLOUD_DROPLET_LIMIT: '1' });
  try {
    const cloud = connect({ url: small.url });
    acceptedRef(await cloud.create(machine, newKey()));
    expect(await cloud.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'account.droplet_limit', reason: 'The account’s droplet limit of 1 is reached.' });
  } finally {
    await small.stop();
  }
});

test('a token without the right to take tags off is told so, and is not taken for one that was revoked', async () => {
  const cloud = connect();
  const ref = acceptedRef(await cloud.create(machine, newKey()));
  await local.faults({ forbidden: { method: 'DELETE' } });
  expect(await cloud.removeTags(ref, machine.tags)).toEqual({ refused: expect.stringContaining('tag:delete') });
});
