import { describe, expect, test } from 'vitest';
import { type Api, newFolder, small, testCloud, token } from '../../testing/test-cloud.ts';
import { startProgram } from '../../testing/program.ts';
import { type MachineNews } from './machine-feed.ts';

const patient = { timeout: 30_000 };
const news = async (url: string, query: string, secret = token): Promise<MachineNews> => {
  const response = await fetch(`${url}/local/machines?${query}`, { headers: { authorization: `Bearer ${secret}` } });
  return (await response.json()) as MachineNews;
};
const make = async (api: Api, name: string) => (await api('POST', '/v2/droplets', { ...small, name, user_data: '#!/bin/sh\nsecret' })).body.droplet.id;
const act = async (api: Api, id: number, body: object) => {
  const { action } = (await api('POST', `/v2/droplets/${id}/actions`, body)).body;
  await expect.poll(async () => (await api('GET', `/v2/actions/${action.id}`)).body.action.status, patient).toBe('completed');
};

describe('droplets without machines', () => {
  test('live as others do, and a follower hears when each would have booted, with its user data', async () => {
    const { api, cloud } = await testCloud({ driver: 'none' });
    const waiting = news(cloud.url, 'after=0&wait_ms=15000');
    const id = await make(api, 'web-1');
    const { events, last } = await waiting;
    expect(events).toMatchObject([{ seq: 1, event: 'boot', droplet_id: id, name: 'web-1', first_boot: true, user_data: '#!/bin/sh\nsecret' }]);
    await expect.poll(async () => (await api('GET', `/v2/droplets/${id}`)).body.droplet.networks.v4[0]?.ip_address, patient).toBe((events[0] as { address: string }).address);
    await act(api, id, { type: 'power_cycle' });
    await act(api, id, { type: 'rebuild', image: 'ubuntu-24-04-x64' });
    await act(api, id, { type: 'shutdown' });
    await api('DELETE', `/v2/droplets/${id}`);
    await expect.poll(async () => (await api('GET', `/v2/droplets/${id}`)).status, patient).toBe(404);
    const later = await news(cloud.url, `after=${last}`);
    expect(later.events.map((one) => [one.event, 'first_boot' in one && one.first_boot])).toEqual([['halt', false], ['boot', false], ['halt', false], ['boot', true], ['halt', false]]);
  });

  test('tell nobody their user data who has no token', async () => {
    const { cloud } = await testCloud({ driver: 'none' });
    expect(await news(cloud.url, 'after=0', 'wrong')).toMatchObject({ id: 'unauthorized' });
    expect(await (await fetch(`${cloud.url}/local/%6Dachines`)).json()).toMatchObject({ id: 'unauthorized' });
  });

  test('are there again after the cloud was killed, and boot without running their user data once more', async () => {
    const dir = await newFolder();
    const killed = await startProgram(dir, 'none');
    const id = await make(killed.api, 'web-1');
    await expect.poll(async () => (await killed.api('GET', `/v2/droplets/${id}`)).body.droplet.status, patient).toBe('active');
    // Shown before it is on disk; the answer to this comes when both are.
    expect((await killed.api('POST', '/v2/tags', { name: 'on-disk' })).status).toBe(201);
    await killed.kill();
    const { api, cloud } = await testCloud({ driver: 'auto', dir });
    expect((await api('GET', `/v2/droplets/${id}`)).body.droplet.status).toBe('active');
    expect((await news(cloud.url, 'after=0&wait_ms=15000')).events).toMatchObject([{ event: 'boot', droplet_id: id, first_boot: false }]);
  });
});

describe('the preset for benches', () => {
  test('announces limits that nobody meets, and its droplets are active at once', async () => {
    const { api, cloud } = await testCloud({ preset: 'bench', driver: 'none', timing: {} });
    const names = Array.from({ length: 300 }, (_, index) => `swarm-${index}`);
    for (let first = 0; first < names.length; first += 50) await Promise.all(names.slice(first, first + 50).map((name) => make(api, name)));
    let last = 0;
    for (let seen = 0; seen < names.length; ) {
      const more = await news(cloud.url, `after=${last}&wait_ms=15000`);
      expect(more.events.length).toBeGreaterThan(0);
      seen += more.events.length;
      last = more.last;
    }
    const page = await api('GET', '/v2/droplets?per_page=200&page=2');
    expect(page.body.meta.total).toBe(300);
    expect(page.body.droplets.every(({ status }) => status === 'active')).toBe(true);
    expect(page.headers.get('ratelimit-limit')).toBe('6000000');
  });
});
