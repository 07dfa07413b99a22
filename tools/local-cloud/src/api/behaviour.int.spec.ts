import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOfficial } from '../conformance/document.ts';
import { startProgram } from '../testing/program.ts';
import { type Answer, type Api, newFolder, small, testCloud, token } from '../testing/test-cloud.ts';

/** What the real service does and a client has to live with, beyond the shape of its answers. */
const patient = { timeout: 30_000 };
const make = async (api: Api, name = 'web-1', more: object = {}): Promise<number> => {
  const { id } = (await api('POST', '/v2/droplets', { ...small, name, ...more })).body.droplet;
  await expect.poll(async () => (await api('GET', `/v2/droplets/${id}`)).body.droplet?.status, patient).toBe('active');
  return id;
};
const statusOf = async (api: Api, id: number) => (await api('GET', `/v2/droplets/${id}`)).body.droplet?.status;
const ended = async (api: Api, { body }: Answer, status: string) => expect.poll(async () => (await api('GET', `/v2/actions/${body.action.id}`)).body.action.status, patient).toBe(status);

describe('a refusal', () => {
  test.each([
    [{ size: 's-99vcpu' }, 'You specified an invalid size for Droplet creation.'],
    [{ region: 'mars1' }, 'You specified an invalid region for Droplet creation.'],
    [{ image: 1 }, 'You specified an invalid image for Droplet creation.'],
    [{ name: 'web 1; reboot' }, 'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)'],
    [{ ssh_keys: ['3b:16'] }, 'invalid ssh key ids'],
    [{ size: 's-8vcpu-16gb', region: 'blr1' }, 'Size is not available in this region.'],
    [{ size: 's-1vcpu-2gb' }, 'Size is not available in this region.'],
    [{ region: 'lon1' }, 'Region is not available'],
    [{ tags: ['a.b'] }, 'Tags may only contain letters, numbers, colons, dashes, and underscores.'],
    [{ user_data: 'x'.repeat(65_537) }, 'User data is too long (maximum is 64 KiB)'],
    [{ name: undefined, names: Array.from({ length: 11 }, (_, index) => `web-${index}`) }, 'You can only create up to 10 Droplets at a time.'],
    [{ ipv6: true, public_networking: false }, 'ipv6 needs public networking.'],
  ])('of %o has its text and makes nothing', async (change, message) => {
    const { api } = await testCloud();
    await api('PUT', '/local/faults', { unavailableRegions: ['lon1'], unavailableSizes: ['s-1vcpu-2gb'] });
    const answer = await api('POST', '/v2/droplets', { ...small, name: 'web-1', ...change });
    expect(answer).toMatchObject({ status: 422, body: { id: 'unprocessable_entity', message } });
    expect((await api('GET', '/v2/droplets')).body.meta.total).toBe(0);
  });

  test('of an action says why, and the droplet stays as it is', async () => {
    const { api } = await testCloud();
    const id = await make(api);
    const other = await make(api, 'web-2');
    await ended(api, await api('POST', `/v2/droplets/${other}/actions`, { type: 'snapshot', name: 'other' }), 'completed');
    const foreign = Number((await api('GET', `/v2/droplets/${other}/snapshots`)).body.snapshots[0]?.id);
    const refusals = [
      [{ type: 'power_on' }, 'Droplet is already powered on.'],
      [{ type: 'resize', size: 's-1vcpu-2gb' }, 'This Droplet is running. Please power off before resizing.'],
      [{ type: 'resize', size: 's-99vcpu' }, 'You specified an invalid size.'],
      [{ type: 'rebuild', image: 'windows' }, 'You specified an invalid image.'],
      [{ type: 'restore', image: foreign }, 'You specified an invalid image.'],
      [{ type: 'rename', name: 'web_1' }, 'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)'],
      [{ type: 'disable_backups' }, 'Backups are not enabled for this Droplet.'],
      [{ type: 'explode' }, 'Not an action that the local cloud can do'],
    ] as const;
    for (const [body, message] of refusals) {
      const answer = await api('POST', `/v2/droplets/${id}/actions`, body);
      expect(answer.status).toBe(422);
      expect(answer.body.message).toContain(message);
    }
    expect((await api('GET', `/v2/droplets/${id}/actions`)).body.actions.map(({ type }) => type)).toEqual(['create']);
  });
});

describe('user data', () => {
  test('is told by nothing that the document offers', async () => {
    const { api } = await testCloud();
    const id = await make(api, 'web-1', { user_data: '#!/bin/sh\necho one-time-secret\n', tags: ['fleet'] });
    const paths = Object.keys(readOfficial().operations).filter((name) => name.startsWith('GET ')).map((name) => name.slice(4));
    for (const path of paths) {
      const known = path.replace('{droplet_id}', String(id)).replace('{tag_id}', 'fleet').replaceAll(/\{\w+\}/g, '1');
      expect(JSON.stringify((await api('GET', known)).body), known).not.toContain('one-time-secret');
    }
  });
});

describe('the limit of requests', () => {
  test('of the hour says no more than when the oldest expires; only that of the minute says how long to wait', async () => {
    const hourly = await testCloud({ limits: { requestsPerHour: 2 } });
    const burst = await testCloud({ limits: { requestsPerMinute: 2 } });
    const third = async (api: Api) => {
      for (let count = 0; count < 2; count += 1) await api('GET', '/v2/account');
      return api('GET', '/v2/account');
    };
    const refused = [await third(hourly.api), await third(burst.api)];
    for (const { status, headers, body } of refused) {
      expect(status).toBe(429);
      expect(body.id).toBe('too_many_requests');
      expect(headers.get('ratelimit-remaining')).toBe('0');
      expect(Number(headers.get('ratelimit-reset')) * 1000).toBeGreaterThan(Date.now());
    }
    expect(refused.map(({ headers }) => headers.has('retry-after'))).toEqual([false, true]);
  });

  test('belongs to a token, and no guess of one uses it up', async () => {
    const { api } = await testCloud({ token: `${token}\nanother`, limits: { requestsPerMinute: 2 } });
    const as = (name: string) => api('GET', '/v2/account', undefined, { authorization: `Bearer ${name}` });
    for (let count = 0; count < 3; count += 1) await as('guess');
    expect([await as(token), await as(token), await as(token), await as('another')].map(({ status }) => status)).toEqual([200, 200, 429, 200]);
  });
});

describe('a token', () => {
  test('does what its scopes allow and nothing else', async () => {
    const { api } = await testCloud({ token: `${token}\nreader droplet:read account:read\nmaker droplet:create image:read` });
    const as = (name: string, method: string, path: string, body?: object) => api(method, path, body, { authorization: `Bearer ${name}` });
    const id = await make(api);
    expect((await as('reader', 'GET', `/v2/droplets/${id}`)).status).toBe(200);
    const refused = [
      as('reader', 'POST', '/v2/droplets', { ...small, name: 'web-2' }),
      as('reader', 'DELETE', `/v2/droplets/${id}`),
      as('reader', 'POST', `/v2/droplets/${id}/actions`, { type: 'reboot' }),
      as('reader', 'GET', '/v2/sizes'),
      as('maker', 'GET', '/v2/droplets'),
      as('maker', 'POST', '/v2/droplets', { ...small, name: 'web-2', tags: ['fleet'] }),
    ];
    for (const answer of refused) expect(await answer).toMatchObject({ status: 403, body: { id: 'forbidden', message: 'You are not authorized to perform this operation' } });
    expect((await as('maker', 'POST', '/v2/droplets', { ...small, name: 'web-2' })).status).toBe(202);
    expect((await api('GET', '/v2/droplets')).body.meta.total).toBe(2);
  });

  test('is rotated by its file: a new one is good at once, the old one until it is taken out', async () => {
    const tokenFile = join(await newFolder(), 'tokens');
    const lines = async (...tokens: string[]) => writeFile(tokenFile, tokens.join('\n'));
    await lines('old', token);
    const { api } = await testCloud({ token: '', tokenFile });
    const as = async (name: string) => (await api('GET', '/v2/account', undefined, { authorization: `Bearer ${name}` })).status;
    expect([await as('old'), await as('new')]).toEqual([200, 401]);
    await lines('old', 'new', token);
    expect([await as('old'), await as('new')]).toEqual([200, 200]);
    await lines('new', token);
    expect([await as('old'), await as('new')]).toEqual([401, 200]);
  });
});

describe('an answer that is lost', () => {
  test.each([
    ['after', 1, 'off'],
    ['before', 0, 'active'],
  ] as const)('%s the effect leaves what that means', async (when, droplets, power) => {
    const { api } = await testCloud();
    const id = await make(api);
    await api('PUT', '/local/faults', { lostAnswer: { when, mode: 'reset', times: 2 } });
    await expect(api('POST', '/v2/droplets', { ...small, name: 'web-2' })).rejects.toThrow('fetch failed');
    await expect(api('POST', `/v2/droplets/${id}/actions`, { type: 'power_off' })).rejects.toThrow('fetch failed');
    expect((await api('GET', '/v2/droplets?name=web-2')).body.meta.total).toBe(droplets);
    await expect.poll(() => statusOf(api, id), patient).toBe(power);
    await api('PUT', '/local/faults', { lostAnswer: { when, mode: 'error', method: 'DELETE' } });
    expect((await api('DELETE', `/v2/droplets/${id}`)).status).toBe(503);
    await expect.poll(() => statusOf(api, id), patient).toBe(when === 'after' ? undefined : power);
  });
});

describe('bad weather', () => {
  test('lets an action fail, take long, or be refused while another one runs', async () => {
    const { api } = await testCloud();
    const id = await make(api);
    await api('PUT', '/local/faults', { actionFails: { type: 'power_off' }, slowAction: { type: 'snapshot', ms: 600_000, times: 1 } });
    await ended(api, await api('POST', `/v2/droplets/${id}/actions`, { type: 'power_off' }), 'errored');
    expect(await statusOf(api, id)).toBe('active');
    expect((await api('POST', `/v2/droplets/${id}/actions`, { type: 'snapshot', name: 'a' })).status).toBe(201);
    expect((await api('POST', `/v2/droplets/${id}/actions`, { type: 'reboot' })).body.message).toBe('Droplet already has a pending event.');
    expect((await api('GET', '/v2/snapshots')).body.snapshots).toEqual([]);
  });

  test('lets an action end that takes longer than others', async () => {
    const { api } = await testCloud();
    const id = await make(api);
    await api('PUT', '/local/faults', { slowAction: { type: 'snapshot', ms: 500 } });
    const began = performance.now();
    await ended(api, await api('POST', `/v2/droplets/${id}/actions`, { type: 'snapshot', name: 'a' }), 'completed');
    expect(performance.now() - began).toBeGreaterThan(490);
    expect((await api('GET', '/v2/snapshots')).body.snapshots).toHaveLength(1);
  });

  test('forgets a deletion, or takes long over it', async () => {
    const { api } = await testCloud();
    const id = await make(api);
    await api('PUT', '/local/faults', { deleteIgnored: { times: 1 }, slowDelete: { ms: 600_000, times: 1 } });
    expect((await api('DELETE', `/v2/droplets/${id}`)).status).toBe(204);
    expect((await api('GET', `/v2/droplets/${id}/actions`)).body.actions.map(({ type }) => type)).toEqual(['create']);
    expect((await api('DELETE', `/v2/droplets/${id}`)).status).toBe(204);
    expect(await statusOf(api, id)).toBe('active');
    await api('PUT', '/local/faults', { slowDelete: { ms: 500 } });
    const leaving = await make(api, 'web-2');
    const began = performance.now();
    expect((await api('DELETE', `/v2/droplets/${leaving}`)).status).toBe(204);
    await expect.poll(() => statusOf(api, leaving), patient).toBeUndefined();
    expect(performance.now() - began).toBeGreaterThan(490);
  });

  test('answers late, with a page that is not JSON, or as if the token were gone', async () => {
    const { api, cloud } = await testCloud();
    await api('PUT', '/local/faults', { slowAnswer: { ms: 300, times: 1 }, serverError: { status: 520, isHtml: true, path: '/v2/sizes' }, unauthorized: { path: '/v2/images' } });
    const began = performance.now();
    expect((await api('GET', '/v2/images')).status).toBe(401);
    expect(performance.now() - began).toBeGreaterThan(290);
    const page = await fetch(`${cloud.url}/v2/sizes`, { headers: { authorization: `Bearer ${token}` } });
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([520, 'text/html', expect.stringContaining('<html>')]);
  });
});

describe('a killed cloud', () => {
  test('goes on with the actions and deletions that it had accepted, and with the luck they had drawn', async () => {
    const dir = await newFolder();
    const slow = { LOCAL_CLOUD_ACTION_TAKES_MS: '3000', LOCAL_CLOUD_DELETE_TAKES_MS: '3000' };
    const killed = await startProgram(dir, 'none', slow);
    const [off, failing, leaving] = [await make(killed.api, 'off'), await make(killed.api, 'failing'), await make(killed.api, 'leaving')];
    await killed.api('PUT', '/local/faults', { actionFails: { name: '^failing$' } });
    const accepted = [await killed.api('POST', `/v2/droplets/${off}/actions`, { type: 'power_off' }), await killed.api('POST', `/v2/droplets/${failing}/actions`, { type: 'power_off' })];
    await killed.api('DELETE', `/v2/droplets/${leaving}`);
    expect(accepted.map(({ body }) => body.action.status)).toEqual(['in-progress', 'in-progress']);
    await killed.kill();

    const { api } = await testCloud({ dir });
    await ended(api, accepted[0] as Answer, 'completed');
    await ended(api, accepted[1] as Answer, 'errored');
    expect([await statusOf(api, off), await statusOf(api, failing)]).toEqual(['off', 'active']);
    await expect.poll(() => statusOf(api, leaving), patient).toBeUndefined();
  });
});
