import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Machine } from '../driver.port.ts';
import { type Layer } from './base.ts';
import { type Cgroup } from './cgroups.ts';
import { enterScript, launchScript } from './launch-script.ts';

/**
 * Starts the first process of a machine, detached: it goes on when the local cloud dies. `connect` gives it its network
 * before systemd takes over.
 */
const startWithinMs = 15_000;

export const launch = async (machine: Machine, cgroup: Cgroup, layers: readonly Layer[], connect: (init: number) => Promise<void>): Promise<void> => {
  const consoleFile = join(machine.dir, 'console.log');
  const output = await open(consoleFile, 'a', 0o600);
  const overlays = layers.map(({ name, place, lower }) => `${name}=${place}=${lower}`);
  const child = spawn('/bin/sh', ['-c', enterScript, 'enter', ...cgroup.entrances, '--', launchScript, 'launch', machine.dir, machine.name, ...overlays], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    detached: true,
    stdio: ['pipe', output.fd, output.fd],
  });
  const started = spawned(child);
  await output.close();
  try {
    await started;
    const init = await appears(child, () => cgroup.init());
    cgroup.setApart(child.pid ?? 0);
    await connect(init);
    child.stdin?.end('go\n');
    await appears(child, () => isUp(init) || undefined);
    child.unref();
  } catch (cause) {
    child.stdin?.destroy();
    child.kill('SIGKILL');
    throw new Error(`the machine did not start: ${(cause as Error).message} ${readFileSync(consoleFile, 'utf8').trim().slice(-500)}`, { cause });
  }
};

/** systemd has its socket: it answers `systemctl` from here on. */
const isUp = (init: number): boolean => existsSync(`/proc/${init}/root/run/systemd/private`);

const spawned = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('error', reject).once('spawn', () => resolve());
    child.stdin?.on('error', () => child.kill('SIGKILL'));
  });

const appears = async <T>(child: ChildProcess, look: () => T | undefined): Promise<T> => {
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    const seen = look();
    if (seen !== undefined) return seen;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended at once (${child.exitCode ?? child.signalCode})`);
    if (Date.now() > deadline) throw new Error(`it was not up within ${startWithinMs} ms`);
    await wait(10);
  }
};
