import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findings, small, testCloud } from '../testing/test-cloud.ts';
import { readOfficial } from './document.ts';
import { violationsFile } from './recorder.ts';

const patient = { timeout: 30_000 };

test('every operation of the document that is offered is asked for and answered as documented', async () => {
  const { api, cloud, dir } = await testCloud();
  const done = async (id: number) => expect.poll(async () => (await api('GET', `/v2/actions/${id}`)).body.action.status, patient).toBe('completed');
  const act = async (droplet: number, body: object) => done((await api('POST', `/v2/droplets/${droplet}/actions`, body)).body.action.id);

  const made = await api('POST', '/v2/droplets', { ...small, name: 'web-1', tags: ['citrus-srv:1'], ssh_keys: [], backups: false, ipv6: true, monitoring: true, user_data: '#!/bin/sh\n' });
  const { id } = made.body.droplet;
  await done(made.body.links.actions[0].id);
  await api('POST', '/v2/droplets', { ...small, names: ['a', 'b'] });
  for (const path of ['', '?per_page=1&page=2', '?tag_name=citrus-srv:1', '?name=web-1&type=droplets']) await api('GET', `/v2/droplets${path}`);
  await act(id, { type: 'snapshot', name: 'before' });
  const image = Number((await api('GET', `/v2/droplets/${id}/snapshots`)).body.snapshots[0]?.id);
  await act(id, { type: 'rename', name: 'web-2' });
  await act(id, { type: 'enable_backups' });
  expect((await api('GET', `/v2/droplets/${id}`)).body.droplet).toMatchObject({ next_backup_window: expect.any(Object), snapshot_ids: [image] });
  await act(id, { type: 'disable_backups' });
  await act(id, { type: 'rebuild', image });
  await act(id, { type: 'restore', image });
  for (const type of ['reboot', 'power_cycle', 'shutdown']) await act(id, { type });
  await act(id, { type: 'resize', size: 's-1vcpu-2gb', disk: true });
  await act(id, { type: 'power_on' });
  await done((await api('POST', '/v2/droplets/actions?tag_name=citrus-srv:1', { type: 'power_off' })).body.actions[0]?.id ?? 0);
  const lists = ['account', 'sizes', 'regions', 'images', 'tags', 'actions', 'snapshots', `droplets/${id}/actions`, `droplets/${id}/snapshots`, `droplets/${id}/backups`];
  for (const path of lists) expect((await api('GET', `/v2/${path}`)).status).toBe(200);
  for (const path of ['images?private=true', `images/${image}`, 'images/debian-12-x64', `snapshots/${image}`, 'snapshots?resource_type=droplet', `droplets/${id}/actions/${made.body.links.actions[0].id}`]) expect((await api('GET', `/v2/${path}`)).status).toBe(200);

  const resources = { resources: [{ resource_id: String(id), resource_type: 'droplet' }] };
  await api('POST', '/v2/tags', { name: 'fleet' });
  await api('POST', '/v2/tags/fleet/resources', resources);
  expect((await api('GET', '/v2/tags/fleet')).status).toBe(200);
  await api('DELETE', '/v2/tags/fleet/resources', resources);
  await api('DELETE', '/v2/tags/fleet');
  await api('DELETE', `/v2/snapshots/${image}`);
  await api('DELETE', `/v2/images/${image}`);
  await api('GET', '/v2/droplets/1');
  await api('GET', '/v2/account', undefined, { authorization: 'Bearer wrong' });
  await api('DELETE', '/v2/droplets?tag_name=citrus-srv:1');
  await api('DELETE', `/v2/droplets/${id}`);

  const { requests, answers, violations, operations } = (await findings(cloud.url)) ?? {};
  expect(violations).toEqual([]);
  expect(existsSync(join(dir, violationsFile))).toBe(false);
  expect(operations).toEqual(Object.keys(readOfficial().operations).toSorted());
  expect([requests, answers].every((count) => (count ?? 0) > 40)).toBe(true);
});

test('a request that violates it is kept, without its body', async () => {
  const { api, cloud, dir } = await testCloud();
  await api('POST', '/v2/droplets', { ...small, name: 'web-1', sise: 'secret' });
  await api('GET', '/v2/droplets?per_page=500&tag=a');
  await api('POST', '/v2/droplets/1/actions', { type: 'rebuild' });
  await api('GET', '/v2/droplets/web-1/neighbours');
  const { violations } = (await findings(cloud.url)) ?? { violations: [] };
  expect(violations.map(({ operation, deviations }) => [operation, ...deviations])).toEqual([
    ['POST /v2/droplets', 'body must NOT have unevaluated properties (sise)'],
    ['GET /v2/droplets', 'query parameter per_page must be <= 200', 'query parameter tag is not documented'],
    ['POST /v2/droplets/{droplet_id}/actions', "body must have required property 'image'"],
    ['GET /v2/droplets/web-1/neighbours', expect.stringContaining('not an operation')],
  ]);
  expect(JSON.stringify(violations)).not.toContain('secret');
  expect(JSON.parse(readFileSync(join(dir, violationsFile), 'utf8'))).toEqual(violations);
});
