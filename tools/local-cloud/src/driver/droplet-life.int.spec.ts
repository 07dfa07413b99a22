import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { hostFiles, isRoot, leftovers } from '../testing/host.ts';
import { startProgram } from '../testing/program.ts';
import { type Api, newFolder, small, testCloud } from '../testing/test-cloud.ts';

/**
 * The life of a droplet under the best driver that this user can have: a machine as root, processes as anybody else. The
 * same promises for both; only the user data knows the difference.
 */
/** Machines that boot, fetch tools and packages; only a busy computer comes near it. */
vi.setConfig({ testTimeout: 300_000 });
const driver = isRoot ? 'namespace' : 'process';
const rootOf = (dir: string, id: number) => join(dir, 'droplets', String(id), isRoot ? 'disk/root/upper' : 'root');
const fileIn = (dir: string, id: number, path: string): string => {
  const file = join(rootOf(dir, id), path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const boots = (dir: string, id: number): number => fileIn(dir, id, 'var/log/boots').split('\n').filter(Boolean).length;

/** Writes a line at every boot, and stays. */
const countsBoots = isRoot
  ? `#!/bin/sh
set -eu
echo first boot
printf '[Service]\\nExecStart=/bin/sh -c "echo boot >> /var/log/boots; exec sleep infinity"\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/boots.service
systemctl enable --now boots.service
`
  : `#!/bin/sh
set -eu
echo first boot
printf '#!/bin/sh\\necho boot >> "$CITRUS_PREFIX/var/log/boots"\\nexec sleep infinity\\n' > "$CITRUS_PREFIX/etc/boot.d/10-boots"
chmod 700 "$CITRUS_PREFIX/etc/boot.d/10-boots"
setsid "$CITRUS_PREFIX/etc/boot.d/10-boots" &
`;

const servesPage = isRoot
  ? `#!/bin/sh
set -eu
apt-get update -qq || apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y nginx
systemctl is-active nginx
command -v curl
`
  : `#!/bin/sh
set -eu
setsid "${process.execPath}" -e 'require("node:http").createServer((_, answer) => answer.end("Welcome to nginx!")).listen(8080, process.env.SERVER_ADDRESS)' &
`;
const pagePort = isRoot ? 80 : 8080;

const make = async (api: Api, userData: string, name = 'web-1'): Promise<number> => (await api('POST', '/v2/droplets', { ...small, name, user_data: userData })).body.droplet.id;
const statusOf = async (api: Api, id: number) => (await api('GET', `/v2/droplets/${id}`)).body.droplet?.status;
const act = async (api: Api, id: number, type: string) => {
  const { action } = (await api('POST', `/v2/droplets/${id}/actions`, { type })).body;
  await expect.poll(async () => (await api('GET', `/v2/actions/${action.id}`)).body.action.status, { timeout: 90_000 }).toBe('completed');
};
const untilBoots = (dir: string, id: number, count: number) => expect.poll(() => boots(dir, id), { timeout: 90_000 }).toBe(count);

describe('a droplet', () => {
  test('installs what its user data says and serves it at its address; the host stays untouched', async () => {
    const before = await hostFiles();
    const { api, dir, cloud } = await testCloud({ driver: 'auto' });
    expect(cloud.driver.info).toMatchObject({ driver, isMachine: isRoot });
    const id = await make(api, servesPage);
    await expect.poll(() => fileIn(dir, id, 'var/log/cloud-init-output.log'), { timeout: 150_000 }).toContain('user data ended with exit code 0');
    const [address] = (await api('GET', `/v2/droplets/${id}`)).body.droplet.networks.v4;
    await expect.poll(async () => (await fetch(`http://${address?.ip_address}:${pagePort}/`)).text(), { timeout: 90_000 }).toContain('Welcome to nginx!');
    await api('DELETE', `/v2/droplets/${id}`);
    await expect.poll(() => existsSync(join(dir, 'droplets', String(id))), { timeout: 90_000 }).toBe(false);
    await cloud.stop();
    expect(leftovers(dir)).toEqual([]);
    expect(await hostFiles() === before).toBe(true);
  });

  test('runs its user data at the first boot only, keeps its disk, and obeys its power actions', async () => {
    const { api, dir } = await testCloud({ driver });
    const id = await make(api, countsBoots);
    await untilBoots(dir, id, 1);
    // A first boot that is cut short is done again.
    await expect.poll(() => fileIn(dir, id, 'var/lib/cloud/instance/boot-finished'), { timeout: 90_000 }).toBe('0\n');
    await act(api, id, 'reboot');
    await untilBoots(dir, id, 2);
    await act(api, id, 'power_off');
    expect(await statusOf(api, id)).toBe('off');
    await act(api, id, 'power_on');
    await untilBoots(dir, id, 3);
    await act(api, id, 'shutdown');
    expect(await statusOf(api, id)).toBe('off');
    expect(fileIn(dir, id, 'var/log/cloud-init-output.log').match(/first boot/g)).toHaveLength(1);
  });

  test('reaches what listens on the loopback of the host, through the gateway', async () => {
    const server = createServer((_request, response) => response.end('the hub')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await expect.poll(() => server.listening).toBe(true);
    const { port } = server.address() as AddressInfo;
    const { api, dir, cloud } = await testCloud({ driver, forwardPorts: [port] });
    const id = await make(api, `#!/bin/sh\ncurl -s http://${cloud.driver.info.gatewayAddress}:${port}/\n`);
    await expect.poll(() => fileIn(dir, id, 'var/log/cloud-init-output.log'), { timeout: 90_000 }).toContain('the hub');
  });

  test('has an address of its own beside the droplets of a second cloud', async () => {
    const clouds = await Promise.all([testCloud({ driver }), testCloud({ driver })]);
    const seen = await Promise.all(
      clouds.map(async ({ api, dir }) => {
        const id = await make(api, countsBoots);
        await untilBoots(dir, id, 1);
        return (await api('GET', `/v2/droplets/${id}`)).body.droplet.networks.v4[0]?.ip_address;
      }),
    );
    expect(new Set(seen).size).toBe(2);
  });
});

describe('the choice of the driver', () => {
  test('falls back to processes where machines are impossible, and says why', async () => {
    const { api } = await testCloud({ driver: 'auto', dir: join(await newFolder(), 'a,comma') });
    const reason = isRoot ? 'overlayfs cannot use the folder' : 'it needs root';
    expect((await api('GET', '/local/info')).body).toMatchObject({ driver: 'process', isMachine: false, gatewayAddress: '127.0.0.1', notes: [expect.stringContaining(reason)] });
    expect((await api('GET', '/v2/images')).body.images[0]?.name).toContain('not a machine');
  });
});

describe('a restarted cloud', () => {
  test('starts its droplets again with their disks after an orderly stop', async () => {
    const first = await testCloud({ driver });
    const id = await make(first.api, countsBoots);
    await untilBoots(first.dir, id, 1);
    await first.cloud.stop();
    expect(leftovers(first.dir)).toEqual([]);
    const second = await testCloud({ driver, dir: first.dir });
    await untilBoots(first.dir, id, 2);
    expect(await make(second.api, '#!/bin/sh\n', 'web-2')).toBeGreaterThan(id);
  });

  test('keeps the driver of its droplets, also when a better one has become possible', async () => {
    const first = await testCloud({ driver: 'process' });
    await make(first.api, '#!/bin/sh\n');
    await first.cloud.stop();
    const second = await testCloud({ driver: 'auto', dir: first.dir });
    expect(second.cloud.driver.info.driver).toBe('process');
  });

  test('finds its droplets running after it was killed, and resumes what it was about to do', async () => {
    const dir = await newFolder();
    const killed = await startProgram(dir, driver);
    const id = await make(killed.api, countsBoots);
    await untilBoots(dir, id, 1);
    const unborn = await make(killed.api, countsBoots, 'web-2');
    await killed.kill();
    expect(leftovers(dir)).not.toEqual([]);

    const { api, cloud } = await testCloud({ driver, dir });
    await untilBoots(dir, unborn, 1);
    expect(await statusOf(api, id)).toBe('active');
    expect(boots(dir, id)).toBe(1);
    await api('DELETE', `/v2/droplets/${id}`);
    await expect.poll(() => statusOf(api, id), { timeout: 90_000 }).toBeUndefined();
    await cloud.stop();
    expect(leftovers(dir)).toEqual([]);
  });
});
