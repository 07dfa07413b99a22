/** Machines of the local cloud that Citrus knows nothing of, and a way into any of them. As root only: they are namespaces. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { System } from './system.ts';

const run = promisify(execFile);
const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

export type CloudApi = (method: string, path: string, body?: object) => Promise<{ droplet: { id: number; status: string }; droplets: { id: number; name: string }[]; action: { id: number; status: string } }>;

/** The cloud as its customer sees it, beside Citrus. */
export const cloudOf = ({ home }: System): CloudApi => {
  const { localCloud } = JSON.parse(textOf(join(home, 'ports.json'))) as { localCloud: number };
  const token = readdirSync(join(home, 'secrets')).filter((name) => name.includes('cloud')).map((name) => textOf(join(home, 'secrets', name)).trim())[0] ?? '';
  return async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${localCloud}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (answer.status === 204 ? {} : await answer.json()) as Awaited<ReturnType<CloudApi>>;
  };
};

/** A machine's first process: a systemd in a process namespace of its own that calls itself so. */
const initOf = (hostname: string): string | undefined =>
  readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && textOf(`/proc/${pid}/comm`).trim() === 'systemd' && /^NSpid:\s+\d+\s+1$/m.test(textOf(`/proc/${pid}/status`)) && textOf(`/proc/${pid}/root/etc/hostname`).trim() === hostname);

/** Runs a script as root of a machine. */
export const inMachine = async (hostname: string, script: string): Promise<{ code: number; output: string }> => {
  const pid = initOf(hostname);
  if (pid === undefined) throw new Error(`no machine called ${hostname} runs`);
  try {
    const { stdout, stderr } = await run('nsenter', [`--target=${pid}`, '--all', '/bin/sh', '-c', script], { timeout: 300_000, env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, output: stdout + stderr };
  }
};
