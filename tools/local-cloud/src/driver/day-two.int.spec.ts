import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isRoot } from '../testing/host.ts';
import { type Api, openCloud, small } from '../testing/test-cloud.ts';

/** What an action does to the disk, under every driver that this user can have; one cloud for each, because opening one takes the longest. */
/** Machines boot, and a bare computer fetches its tools for them first: on a busy one that takes its time. */
const patient = { timeout: 120_000 };
const slow = 240_000;
const drivers = isRoot ? (['namespace', 'process'] as const) : (['process'] as const);

/** Says how often it ran on this disk, and on which the file was made. */
const userData = (prefix: string) => `#!/bin/sh\nset -eu\necho "ran with $(cat "${prefix}/var/log/mark" 2>/dev/null || echo nothing)"\necho first > "${prefix}/var/log/mark"\n`;

const open = async (driver: 'namespace' | 'process') => {
  const { api, dir, cloud, close } = await openCloud({ driver });
  const prefix = driver === 'namespace' ? '' : '$CITRUS_PREFIX';
  const fileOf = (id: number, path: string) => join(dir, 'droplets', String(id), driver === 'namespace' ? 'disk/root/upper' : 'root', path);
  const read = (id: number, path: string) => (existsSync(fileOf(id, path)) ? readFileSync(fileOf(id, path), 'utf8') : '');
  const make = async (image: string | number, name: string) => {
    const { id } = (await api('POST', '/v2/droplets', { ...small, image, name, user_data: userData(prefix) })).body.droplet;
    await expect.poll(() => read(id, 'var/log/cloud-init-output.log'), patient).toContain('user data ended with exit code 0');
    // Its last word: until then a boot would run the user data again.
    await expect.poll(() => read(id, 'var/lib/cloud/instance/boot-finished'), patient).toBe('0\n');
    return id;
  };
  return { api, dir, cloud, close, fileOf, read, make, runs: (id: number) => read(id, 'var/log/cloud-init-output.log').split('\n').filter((line) => line.startsWith('ran with')) };
};

const act = async (api: Api, id: number, body: object) => {
  const { action, message } = (await api('POST', `/v2/droplets/${id}/actions`, body)).body;
  expect(message).toBeUndefined();
  await expect.poll(async () => (await api('GET', `/v2/actions/${action.id}`)).body.action.status, patient).toBe('completed');
};

describe.each(drivers)('under the driver %s', (driver) => {
  let here: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    here = await open(driver);
    return () => here.close();
  }, slow);

  test('a rebuild gives an empty disk, on which the user data runs again', async () => {
    const { api, runs, make, fileOf } = here;
    const id = await make('debian-12-x64', 'web-1');
    const { networks } = (await api('GET', `/v2/droplets/${id}`)).body.droplet;
    await expect.poll(() => existsSync(fileOf(id, 'var/log/mark')), patient).toBe(true);
    await act(api, id, { type: 'rebuild', image: 'ubuntu-24-04-x64' });
    await expect.poll(() => runs(id), patient).toEqual(['ran with nothing']);
    expect((await api('GET', `/v2/droplets/${id}`)).body.droplet).toMatchObject({ status: 'active', networks });
  }, slow);

  test('a snapshot keeps the disk: it can be given back, begin another droplet, and outlive its own', async () => {
    const { api, dir, make, read, runs } = here;
    const id = await make('debian-12-x64', 'web-1');
    await act(api, id, { type: 'snapshot', name: 'before' });
    const [snapshot] = (await api('GET', `/v2/droplets/${id}/snapshots`)).body.snapshots;
    expect(snapshot).toMatchObject({ name: 'before', type: 'snapshot' });
    const image = Number(snapshot?.id);

    const before = read(id, 'var/log/cloud-init-output.log');
    await act(api, id, { type: 'rebuild', image: 'debian-12-x64' });
    await act(api, id, { type: 'restore', image });
    expect(read(id, 'var/log/mark')).toBe('first\n');
    expect(read(id, 'var/log/cloud-init-output.log')).toBe(before);

    const other = await make(image, 'web-2');
    await expect.poll(() => runs(other), patient).toEqual(['ran with nothing', 'ran with first']);
    await api('DELETE', `/v2/droplets/${id}`);
    await expect.poll(async () => (await api('GET', `/v2/droplets/${id}`)).status, patient).toBe(404);
    expect((await api('GET', '/v2/images?private=true')).body.images).toMatchObject([{ id: image, name: 'before' }]);
    expect((await api('DELETE', `/v2/snapshots/${image}`)).status).toBe(204);
    expect((await api('GET', '/v2/snapshots?resource_type=droplet')).body.snapshots).toEqual([]);
    expect(existsSync(join(dir, 'snapshots', String(image)))).toBe(false);
    expect((await api('GET', `/v2/droplets/${other}`)).body.droplet.status).toBe('active');
  }, slow);

  test('a resize is felt by the machine at its next start, and the disk grows only when told to', async () => {
    const { api, make } = here;
    const id = await make('debian-12-x64', 'web-1');
    await act(api, id, { type: 'power_off' });
    await act(api, id, { type: 'resize', size: 's-1vcpu-2gb' });
    expect((await api('GET', `/v2/droplets/${id}`)).body.droplet).toMatchObject({ memory: 2048, disk: 25 });
    await act(api, id, { type: 'resize', size: 's-2vcpu-2gb', disk: true });
    expect((await api('GET', `/v2/droplets/${id}`)).body.droplet).toMatchObject({ memory: 2048, disk: 60 });
    expect((await api('POST', `/v2/droplets/${id}/actions`, { type: 'resize', size: 's-1vcpu-1gb' })).body.message).toBe('This size is not available because it has a smaller disk.');
    await act(api, id, { type: 'power_on' });
    expect((await api('GET', `/v2/droplets/${id}`)).body.droplet.status).toBe('active');
  }, slow);
});
