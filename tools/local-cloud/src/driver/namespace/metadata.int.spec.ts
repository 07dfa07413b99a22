import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRoot } from '../../testing/host.ts';
import { small, testCloud } from '../../testing/test-cloud.ts';

const script = `#!/bin/sh
ask() { curl -s -m 5 "http://169.254.169.254/metadata/v1/$1"; }
echo "I am $(ask id), $(ask hostname), and this is my user data:"
ask user-data
`;

test.runIf(isRoot)('a droplet may ask about itself at the clouds’ usual address, and hears of no other droplet', async () => {
  const { api, dir } = await testCloud({ driver: 'namespace' });
  const make = async (name: string): Promise<number> => (await api('POST', '/v2/droplets', { ...small, name, user_data: `${script}# of ${name}\n` })).body.droplet.id;
  for (const [name, id] of [['web-1', await make('web-1')], ['web-2', await make('web-2')]] as const) {
    const log = join(dir, 'droplets', String(id), 'disk/root/upper/var/log/cloud-init-output.log');
    await expect.poll(() => (existsSync(log) ? readFileSync(log, 'utf8') : ''), { timeout: 120_000 }).toContain('user data ended with exit code 0');
    const said = readFileSync(log, 'utf8');
    expect(said).toContain(`I am ${id}, ${name}, and this is my user data:\n#!/bin/sh\n`);
    expect(said).toContain(`# of ${name}\n`);
  }
}, 260_000);
