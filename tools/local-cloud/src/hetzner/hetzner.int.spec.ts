import { eventually } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { quick, testCloud } from '../testing/test-cloud.ts';

type Server = { id: number; name: string; status: string; labels: Record<string, string>; locked: boolean; public_net: { ipv4: { ip: string } | null }; server_type: { name: string }; location: { name: string }; image: { name: string | null } };
type Action = { id: number; command: string; status: string };
type Body = { server: Server; servers: Server[]; action: Action; actions: Action[]; error: { code: string; message: string; details?: unknown }; images: { id: number; description: string; created_from: { id: number } | null }[]; image: { id: number }; meta: { pagination: { next_page: number | null; total_entries: number } } };

const open = async (timing: Partial<typeof quick> = {}) => {
  const { cloud, api } = await testCloud({ timing: { ...quick, ...timing } });
  const hetzner = async (method: string, path: string, body?: unknown) => {
    const answer = await api(method, `/hetzner/v1${path}`, body);
    return { status: answer.status, body: answer.body as unknown as Body };
  };
  const create = (change: object = {}) => hetzner('POST', '/servers', { name: 'web', server_type: 'cx22', image: 'ubuntu-24.04', location: 'fsn1', labels: { env: 'prod', 'citrus-fleet': '' }, ...change });
  const ready = (id: number, status = 'running') => eventually(async () => expect((await hetzner('GET', `/servers/${id}`)).body.server).toMatchObject({ status, locked: false }));
  return { cloud, api, hetzner, create, ready };
};

describe('the local cloud as Hetzner Cloud', () => {
  test('makes a server, with its address at once, and shows it as a droplet too', async () => {
    const { api, create, ready } = await open();
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body.server).toMatchObject({ name: 'web', status: 'initializing', labels: { env: 'prod', 'citrus-fleet': '' }, server_type: { name: 'cx22' }, location: { name: 'fsn1' }, image: { name: 'ubuntu-24.04' }, public_net: { ipv4: { ip: expect.any(String) } } });
    expect(body.action).toMatchObject({ command: 'create_server', status: 'running' });
    await ready(body.server.id);
    expect((await api('GET', `/v2/droplets/${body.server.id}`)).body.droplet).toMatchObject({ name: 'web', status: 'active', size_slug: 's-2vcpu-4gb', tags: ['env:prod', 'citrus-fleet'] });
  });

  test('takes a name once, also while its server is on its way out', async () => {
    const { create, hetzner, ready } = await open();
    const answers = await Promise.all([create(), create(), create()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.error.code).toBe('uniqueness_error');
    const { id } = (await hetzner('GET', '/servers?name=web')).body.servers[0] ?? { id: 0 };
    await ready(id);
    expect((await hetzner('DELETE', `/servers/${id}`)).body.action).toMatchObject({ command: 'delete_server' });
    await eventually(async () => expect((await create()).status).toBe(201));
  });

  test('finds by label, page by page', async () => {
    const { create, hetzner } = await open();
    for (const name of ['a', 'b', 'c']) await create({ name, labels: name === 'c' ? { env: 'test' } : { env: 'prod' } });
    const found = async (query: string) => (await hetzner('GET', `/servers?${query}`)).body;
    expect((await found('label_selector=env%3D%3Dprod')).servers.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await found('label_selector=env')).meta.pagination.total_entries).toBe(3);
    expect((await found('label_selector=env,other')).servers).toEqual([]);
    expect((await found('per_page=2')).meta.pagination.next_page).toBe(2);
    expect((await hetzner('GET', '/servers?per_page=51')).body.error.code).toBe('invalid_input');
  });

  test.each([
    ['server_type', { server_type: 'cx9999' }], ['image', { image: 'dos-6.22' }], ['location', { location: 'mars' }], ['name', { name: 'a b' }], ['labels', { labels: { env: 'not a value' } }], ['user_data', { user_data: 'x'.repeat(32_769) }],
  ])('refuses a create with a wrong %s', async (field, change) => {
    const { create, hetzner } = await open();
    const { status, body } = await create(change);
    expect([status, body.error.code]).toEqual([422, 'invalid_input']);
    expect(JSON.stringify(body.error.details)).toContain(`"${field}"`);
    expect((await hetzner('GET', '/servers')).body.servers).toEqual([]);
  });

  test('does one thing at a time with a server', async () => {
    const { create, hetzner, ready } = await open({ actionTakesMs: 600_000 });
    const { id } = (await create()).body.server;
    await ready(id);
    expect((await hetzner('POST', `/servers/${id}/actions/poweroff`)).body.action).toMatchObject({ command: 'stop_server', status: 'running' });
    expect((await hetzner('POST', `/servers/${id}/actions/poweron`)).body.error.code).toBe('locked');
    expect((await hetzner('DELETE', `/servers/${id}`)).status).toBe(423);
    expect((await hetzner('GET', `/servers/${id}`)).body.server).toMatchObject({ status: 'stopping', locked: true });
  });

  test('changes the type of a server that is off', async () => {
    const { create, hetzner, ready } = await open();
    const { id } = (await create()).body.server;
    await ready(id);
    expect((await hetzner('POST', `/servers/${id}/actions/change_type`, { server_type: 'cx32', upgrade_disk: false })).body.error.code).toBe('server_not_stopped');
    expect((await hetzner('POST', `/servers/${id}/actions/poweroff`)).status).toBe(201);
    await ready(id, 'off');
    expect((await hetzner('POST', `/servers/${id}/actions/change_type`, { server_type: 'cx32', upgrade_disk: false })).status).toBe(201);
    await ready(id, 'off');
    expect((await hetzner('GET', `/servers/${id}`)).body.server.server_type.name).toBe('cx32');
    expect((await hetzner('GET', `/servers/${id}/actions`)).body.actions.map(({ command, status }) => [command, status])).toEqual([['create_server', 'success'], ['stop_server', 'success'], ['change_server_type', 'success']]);
  });

  test('keeps images of servers, and rebuilds from them', async () => {
    const { create, hetzner, ready } = await open();
    const { id } = (await create()).body.server;
    await ready(id);
    const { image } = (await hetzner('POST', `/servers/${id}/actions/create_image`, { type: 'snapshot', description: 'before' })).body;
    await eventually(async () => expect((await hetzner('GET', '/images?type=snapshot')).body.images).toMatchObject([{ id: image.id, description: 'before', created_from: { id } }]));
    await ready(id);
    expect((await hetzner('POST', `/servers/${id}/actions/rebuild`, { image: String(image.id) })).body.action.command).toBe('rebuild_server');
    await ready(id);
    expect((await hetzner('DELETE', `/images/${image.id}`)).status).toBe(204);
    expect((await hetzner('DELETE', `/images/${image.id}`)).body.error.code).toBe('not_found');
  });

  test('renames without an action, and only to a free name', async () => {
    const { create, hetzner } = await open();
    const { id } = (await create()).body.server;
    await create({ name: 'other' });
    expect((await hetzner('PUT', `/servers/${id}`, { name: 'other' })).body.error.code).toBe('uniqueness_error');
    expect((await hetzner('PUT', `/servers/${id}`, { name: 'fresh' })).body.server.name).toBe('fresh');
  });

  test('speaks of errors in its own form, whatever they are', async () => {
    const { cloud, api, hetzner } = await open();
    expect((await hetzner('GET', '/nothing')).body.error.code).toBe('not_found');
    expect((await hetzner('GET', '/servers/17')).body.error.code).toBe('not_found');
    expect((await hetzner('POST', '/servers', '{')).body.error.code).toBe('json_error');
    expect((await api('GET', '/hetzner/v1/servers', undefined, { authorization: 'Bearer wrong' })).body).toMatchObject({ error: { code: 'unauthorized' } });
    await fetch(`${cloud.url}/local/faults`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ tooManyRequests: { times: 1 } }) });
    expect((await hetzner('GET', '/servers')).body.error.code).toBe('rate_limit_exceeded');
  });
});
