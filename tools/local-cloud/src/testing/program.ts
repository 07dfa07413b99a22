import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { type Api, apiOf, token } from './test-cloud.ts';

/** The local cloud as its own process, to be killed. */
export const startProgram = async (dir: string, driver: string, settings: Record<string, string> = {}): Promise<{ api: Api; kill: () => Promise<void> }> => {
  const tokenFile = join(dir, 'token');
  await writeFile(tokenFile, token);
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const env = { PATH: process.env['PATH'], LOCAL_CLOUD_PORT: '0', LOCAL_CLOUD_TOKEN_FILE: tokenFile, LOCAL_CLOUD_DIR: dir, LOCAL_CLOUD_DRIVER: driver, LOCAL_CLOUD_ACTIVE_AFTER_MS: '50', ...settings };
  const child = spawn(process.execPath, ['--conditions=citrus:source', main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(kill);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await expect.poll(() => output, { timeout: 120_000 }).toContain('the local cloud is open');
  return { api: apiOf(/"url":"([^"]+)"/.exec(output)?.[1] ?? ''), kill };
};
