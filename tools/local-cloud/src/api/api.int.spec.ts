import { rename, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Answer, newFolder, small, testCloud } from '../testing/test-cloud.ts';

/** On a busy machine. */
const patient = { timeout: 30_000 };
const create = { ...small, name: 'web-1', tags: ['citrus-srv:1'] };
const active = async (api: Awaited<ReturnType<typeof testCloud>>['api'], id: number) => {
  await expect.poll(async () => (await api('GET', `/v2/droplets/${id}`)).body.droplet?.status, patient).toBe('active');
};

describe('the answers', () => {
  test('to what is wrong have the texts of the real service', async () => {
    const { api } = await testCloud({ timing: { activeAfterMs: 60_000 } });
    const { id } = (await api('POST', '/v2/droplets', create)).body.droplet;
    const refusals: [Promise<Answer>, number, string, string][] = [
      [api('GET', '/v2/account', undefined, { authorization: 'Bearer wrong' }), 401, 'unauthorized', 'Unable to authenticate you.'],
      [api('GET', '/v2/droplets/1'), 404, 'not_found', 'The resource you were accessing could not be found.'],
      [api('GET', '/v2/nothing'), 404, 'not_found', 'The resource you were accessing could not be found.'],
      [api('POST', '/v2/droplets', '{"name":'), 400, 'bad_request', 'The request body could not be parsed.'],
      [api('DELETE', '/v2/droplets'), 400, 'bad_request', 'tag_name is required.'],
      [api('POST', `/v2/droplets/${id}/actions`, { type: 'reboot' }), 422, 'unprocessable_entity', 'Droplet already has a pending event.'],
      [api('GET', '/v2/droplets?tag_name=a&name=b'), 422, 'unprocessable_entity', 'tag_name cannot be combined with name or type.'],
      [api('POST', '/v2/tags/unused/resources', { resources: [] }), 404, 'not_found', 'The resource you were accessing could not be found.'],
    ];
    for (const [answer, status, code, message] of refusals) {
      const { status: given, headers, body } = await answer;
      expect({ given, ...body }).toEqual({ given: status, id: code, message, request_id: headers.get('x-request-id') });
    }
  });
});

describe('a new droplet', () => {
  test('is new without an address, then active, then has its address; its create action follows', async () => {
    const { api } = await testCloud({ timing: { activeAfterMs: 500 } });
    await api('PUT', '/local/faults', { networkLagMs: 600_000 });
    const make = async () => (await api('POST', '/v2/droplets', { ...create, user_data: '#!/bin/sh\nsecret' })).body;
    const { droplet, links } = await make();
    expect(droplet).toMatchObject({ status: 'new', networks: { v4: [], v6: [] }, kernel: null, features: [], tags: ['citrus-srv:1'] });
    expect(links.actions[0]).toMatchObject({ rel: 'create', href: `https://api.digitalocean.com/v2/actions/${links.actions[0].id}` });
    await active(api, droplet.id);
    const seen = (await api('GET', `/v2/droplets/${droplet.id}`)).body.droplet;
    expect(seen.networks.v4).toEqual([]);
    expect((await api('GET', `/v2/actions/${links.actions[0].id}`)).body.action).toMatchObject({ status: 'completed', type: 'create', resource_id: droplet.id });
    await api('PUT', '/local/faults', { networkLagMs: 300 });
    const { id } = (await make()).droplet;
    await expect.poll(async () => (await api('GET', `/v2/droplets/${id}`)).body.droplet.networks.v4[0]?.type, patient).toBe('public');
    expect(JSON.stringify((await api('GET', `/v2/droplets/${id}`)).body)).not.toContain('secret');
  });

  test('is another one each time, whatever the request says about being the same', async () => {
    const { api } = await testCloud();
    const ids = await Promise.all([1, 2].map(async () => (await api('POST', '/v2/droplets', create, { 'idempotency-key': 'one' })).body.droplet.id));
    expect(new Set(ids).size).toBe(2);
    expect((await api('GET', '/v2/droplets?name=WEB-1')).body.meta.total).toBe(2);
    expect((await api('GET', '/v2/droplets?tag_name=citrus-srv:1&per_page=1')).body.links.pages.next).toContain('tag_name=citrus-srv%3A1&per_page=1&page=2');
  });

  test('counts against the limit of the account', async () => {
    const { api } = await testCloud({ limits: { droplets: 2 } });
    expect((await api('GET', '/v2/account')).body.account.droplet_limit).toBe(2);
    expect((await api('POST', '/v2/droplets', { ...small, names: ['a', 'b', 'c'] })).body.message).toBe('creating this/these droplet(s) will exceed your droplet limit');
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => api('POST', '/v2/droplets', { ...small, name })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 202, 422]);
  });

  test('is deleted a moment after the answer, also while it starts', async () => {
    const { api } = await testCloud({ timing: { activeAfterMs: 600_000, deleteTakesMs: 50 } });
    await api('PUT', '/local/faults', { slowDelete: { ms: 600_000, times: 1 } });
    const { id } = (await api('POST', '/v2/droplets', create)).body.droplet;
    expect((await api('DELETE', `/v2/droplets/${id}`)).status).toBe(204);
    expect((await api('GET', `/v2/droplets/${id}`)).status).toBe(200);
    expect((await api('DELETE', `/v2/droplets/${id}`)).status).toBe(204);
    const gone = (await api('POST', '/v2/droplets', create)).body.droplet.id;
    expect((await api('DELETE', `/v2/droplets/${gone}`)).status).toBe(204);
    await expect.poll(async () => (await api('GET', `/v2/droplets/${gone}`)).status, patient).toBe(404);
    expect((await api('DELETE', `/v2/droplets/${gone}`)).status).toBe(404);
  });
});

describe('actions', () => {
  test('run one at a time and change the droplet when they complete', async () => {
    const { api } = await testCloud({ timing: { activeAfterMs: 50, actionTakesMs: 400 } });
    const { id } = (await api('POST', '/v2/droplets', create)).body.droplet;
    await active(api, id);
    await api('PUT', '/local/faults', { slowAction: { type: 'power_off', ms: 600_000, times: 1 } });
    const busy = (await api('POST', '/v2/droplets', { ...small, name: 'busy' })).body.droplet.id;
    await active(api, busy);
    const act = (body: object) => api('POST', `/v2/droplets/${id}/actions`, body);
    const done = async (answer: Answer) => {
      expect(answer).toMatchObject({ status: 201, body: { action: { status: 'in-progress' } } });
      await expect.poll(async () => (await api('GET', `/v2/actions/${answer.body.action.id}`)).body.action.status, patient).toBe('completed');
      return (await api('GET', `/v2/droplets/${id}`)).body.droplet;
    };
    expect((await api('POST', `/v2/droplets/${busy}/actions`, { type: 'power_off' })).status).toBe(201);
    expect((await api('POST', `/v2/droplets/${busy}/actions`, { type: 'reboot' })).body.message).toBe('Droplet already has a pending event.');
    expect((await api('DELETE', `/v2/droplets/${busy}`)).status).toBe(422);
    expect((await done(await act({ type: 'power_off' }))).status).toBe('off');
    expect((await act({ type: 'power_off' })).body.message).toContain('Droplet is already powered off');
    expect((await done(await act({ type: 'resize', size: 's-1vcpu-2gb' }))).memory).toBe(2048);
    expect((await done(await act({ type: 'power_on' }))).status).toBe('active');
    expect((await done(await act({ type: 'rename', name: 'web-2' }))).name).toBe('web-2');
    const byTag = await api('POST', '/v2/droplets/actions?tag_name=citrus-srv:1', { type: 'power_cycle' });
    expect(byTag.body.actions).toHaveLength(1);
  });
});

describe('tags', () => {
  test('are made by use, given and taken, and keep their droplets when they go', async () => {
    const { api } = await testCloud();
    const { id } = (await api('POST', '/v2/droplets', { ...create, tags: ['Fleet'] })).body.droplet;
    const resources = { resources: [{ resource_id: String(id), resource_type: 'droplet' }] };
    const tagged = async (tag: string) => (await api('GET', `/v2/droplets?tag_name=${tag}`)).body.meta.total;
    expect(await tagged('fleet')).toBe(1);
    expect((await api('POST', '/v2/tags', { name: 'blue' })).status).toBe(201);
    expect((await api('POST', '/v2/tags', { name: 'blue' })).status).toBe(201);
    expect((await api('POST', '/v2/tags/blue/resources', resources)).status).toBe(204);
    expect(await tagged('blue')).toBe(1);
    expect((await api('DELETE', '/v2/tags/blue/resources', resources)).status).toBe(204);
    expect(await tagged('blue')).toBe(0);
    expect((await api('DELETE', '/v2/tags/Fleet')).status).toBe(204);
    expect((await api('GET', `/v2/droplets/${id}`)).body.droplet.tags).toEqual([]);
  });
});

describe('the rate limit', () => {
  test('is announced on every answer and enforced', async () => {
    const { api } = await testCloud({ limits: { requestsPerMinute: 3 } });
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await api('GET', '/v2/account'));
    expect(answers.map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['4999', '4998', '4997', '0']);
    expect(answers[3]).toMatchObject({ status: 429, body: { id: 'too_many_requests' } });
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('faults', () => {
  test('lose the answer of a create that was carried out', async () => {
    const { api } = await testCloud();
    await api('PUT', '/local/faults', { lostAnswer: { times: 2 } });
    await expect(api('POST', '/v2/droplets', create)).rejects.toThrow('fetch failed');
    await expect(api('POST', '/v2/droplets', create)).rejects.toThrow('fetch failed');
    expect((await api('POST', '/v2/droplets', create)).status).toBe(202);
    expect((await api('GET', '/v2/droplets?name=web-1')).body.meta.total).toBe(3);
    await api('PUT', '/local/faults', { lostAnswer: { mode: 'error' } });
    expect((await api('POST', '/v2/droplets', create)).status).toBe(503);
  });

  test('hide a new droplet from the list, from its own address, from its tag', async () => {
    const { api } = await testCloud();
    const total = async (query: string) => (await api('GET', `/v2/droplets?${query}`)).body.meta.total;
    await api('PUT', '/local/faults', { listLagMs: 600_000, getLagMs: 600_000, tagLagMs: 600_000 });
    const { id } = (await api('POST', '/v2/droplets', create)).body.droplet;
    expect((await api('GET', '/v2/droplets')).body).toMatchObject({ droplets: [], meta: { total: 0 } });
    expect((await api('GET', `/v2/droplets/${id}`)).status).toBe(404);
    await api('PUT', '/local/faults', { tagLagMs: 600_000 });
    await api('POST', '/v2/droplets', { ...create, name: 'web-2' });
    expect(await total('name=web-2')).toBe(1);
    expect(await total('tag_name=citrus-srv:1')).toBe(0);
    await api('PUT', '/local/faults', { listLagMs: 300, getLagMs: 300, tagLagMs: 500 });
    const seen = (await api('POST', '/v2/droplets', { ...create, name: 'web-3' })).body.droplet.id;
    await expect.poll(() => total('name=web-3'), patient).toBe(1);
    await expect.poll(async () => (await api('GET', `/v2/droplets/${seen}`)).status, patient).toBe(200);
    await expect.poll(() => total('tag_name=citrus-srv:1'), patient).toBe(1);
  });

  test('let an accepted droplet vanish, fail, stay new, or never run', async () => {
    const { api } = await testCloud();
    await api('PUT', '/local/faults', { vanish: { name: '^vanish' }, createFails: { name: '^fail' }, neverActive: { name: '^new' }, neverBoots: { name: '^dead' } });
    const make = async (name: string) => (await api('POST', '/v2/droplets', { ...small, name, user_data: '#!/bin/sh\nexec sleep 1000' })).body;
    const [vanishing, failing, lazy, dead] = await Promise.all([make('vanish'), make('fail'), make('new'), make('dead')]);
    for (const { droplet, links } of [vanishing, failing]) {
      await expect.poll(async () => (await api('GET', `/v2/droplets/${droplet.id}`)).status, patient).toBe(404);
      expect((await api('GET', `/v2/actions/${links.actions[0].id}`)).body.action.status).toBe('errored');
    }
    await active(api, dead.droplet.id);
    expect((await api('GET', `/v2/droplets/${lazy.droplet.id}`)).body.droplet.status).toBe('new');
  });

  test('answer with the errors of a bad day', async () => {
    const { api } = await testCloud();
    await api('PUT', '/local/faults', { tooManyRequests: { times: 1, path: '/v2/sizes' }, serverError: { times: 1, method: 'POST' }, forbidden: { path: '/v2/tags' }, accountStatus: 'locked' });
    expect((await api('GET', '/v2/sizes')).status).toBe(429);
    expect((await api('GET', '/v2/sizes')).status).toBe(200);
    expect(await api('POST', '/v2/droplets', create)).toMatchObject({ status: 500, body: { message: 'Server was unable to give you a response.' } });
    expect((await api('GET', '/v2/tags')).body.message).toBe('You are not authorized to perform this operation');
    expect((await api('POST', '/v2/droplets', create)).status).toBe(403);
    expect((await api('PUT', '/local/faults', { vanishes: {} })).status).toBe(422);
  });

  test('are switched by a file, and a broken file changes nothing', async () => {
    const faultsFile = `${await newFolder()}/faults.json`;
    const { api } = await testCloud({ faultsFile });
    const write = async (text: string) => {
      await writeFile(`${faultsFile}.next`, text);
      await rename(`${faultsFile}.next`, faultsFile);
    };
    expect((await api('GET', '/v2/sizes')).status).toBe(200);
    await write('{"serverError":{"status":502}}');
    expect((await api('GET', '/v2/sizes')).status).toBe(502);
    await write('{"serverError":');
    expect((await api('GET', '/v2/sizes')).status).toBe(502);
    await write('{}');
    expect((await api('GET', '/v2/sizes')).status).toBe(200);
  });
});
