import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { small, testCloud } from '../../testing/test-cloud.ts';
import { builtImage, socketOf } from './docker.driver.ts';
import { Engine } from './engine.ts';

/**
 * An engine cannot be brought along, and its image is downloaded. So what is tried depends on this computer, and the name
 * of the test says which it was: the life of a droplet where engine and image are there, the refusal where one is not.
 */
vi.setConfig({ testTimeout: 300_000 });
const patient = { timeout: 120_000 };
const image = process.env['LOCAL_CLOUD_DOCKER_IMAGE'] ?? builtImage;
const engine = new Engine(socketOf(process.env['DOCKER_HOST']));
const hasEngine = existsSync(socketOf(process.env['DOCKER_HOST'])) && (await engine.version().then(() => true, () => false));
const hasImage = hasEngine && (await engine.hasImage(image));

const refusals = async () => {
  await expect(testCloud({ driver: 'docker', dockerImage: 'citrus-no-such-image:none' })).rejects.toThrow(hasEngine ? 'has no image citrus-no-such-image:none' : 'no Docker engine answers');
};

/** Says over the gateway what its disk knows, and at every boot that it was one. */
const userDataFor = (gateway: string) => `#!/bin/sh
curl -s "${gateway}/$(hostname)/ran-with-$(cat /srv/mark 2>/dev/null || echo nothing)"
echo first > /srv/mark
printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/usr/bin/curl -s ${gateway}/%%H/boot\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/boots.service
systemctl enable --now boots.service
`;

const life = async () => {
  const said: string[] = [];
  const server = createServer((request, response) => {
    said.push(request.url ?? '');
    response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const first = await testCloud({ driver: 'docker', dockerImage: image, forwardPorts: [port] });
  const { api, dir, cloud } = first;
  const user_data = userDataFor(`http://${cloud.driver.info.gatewayAddress}:${port}`);
  const hears = async (...lines: string[]) => {
    await expect.poll(() => said.length, patient).toBe(lines.length);
    expect(said.splice(0).toSorted()).toEqual(lines.toSorted());
  };
  const make = async (name: string, from: string | number) => {
    const answer = await api('POST', '/v2/droplets', { ...small, image: from, name, user_data });
    expect(answer).toMatchObject({ status: 202 });
    return answer.body.droplet.id;
  };
  const act = async (id: number, body: object) => {
    const { action, message } = (await api('POST', `/v2/droplets/${id}/actions`, body)).body;
    expect(message).toBeUndefined();
    await expect.poll(async () => (await api('GET', `/v2/actions/${action.id}`)).body.action.status, patient).toBe('completed');
  };

  const id = await make('web-1', small.image);
  await hears('/web-1/ran-with-nothing', '/web-1/boot');
  await act(id, { type: 'snapshot', name: 'before' });
  await act(id, { type: 'reboot' });
  await hears('/web-1/boot');
  await act(id, { type: 'power_off' });
  expect((await api('GET', `/v2/droplets/${id}`)).body.droplet.status).toBe('off');
  await act(id, { type: 'power_on' });
  await hears('/web-1/boot');
  await act(id, { type: 'rebuild', image: small.image });
  await hears('/web-1/ran-with-nothing', '/web-1/boot');
  const snapshot = Number((await api('GET', `/v2/droplets/${id}/snapshots`)).body.snapshots[0]?.id);
  await act(id, { type: 'restore', image: snapshot });
  await hears('/web-1/boot');
  const other = await make('web-2', snapshot);
  await hears('/web-2/boot', '/web-2/ran-with-first');
  await api('DELETE', `/v2/droplets/${other}`);

  await cloud.stop();
  const second = await testCloud({ driver: 'auto', dir, dockerImage: image, forwardPorts: [port] });
  await hears('/web-1/boot');
  await second.api('DELETE', `/v2/droplets/${id}`);
  await expect.poll(async () => (await second.api('GET', `/v2/droplets/${id}`)).status, patient).toBe(404);
  await expect.poll(async () => (await second.api('GET', '/v2/droplets')).body.meta.total, patient).toBe(0);
  expect(await engine.labelled('citrus.cloud')).toEqual([]);
};

test(hasImage ? 'a droplet is a container with systemd, and lives as a machine does' : 'without an engine and its image the driver says what is missing', hasImage ? life : refusals);
