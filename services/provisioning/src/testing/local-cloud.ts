/** The local cloud as a process of its own, as `npm start` runs it; its droplets are processes below a folder. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';

const PROGRAM = fileURLToPath(new URL('../../../../tools/local-cloud/src/main.ts', import.meta.url));
export const TOKEN = 'dop_v1_only-for-tests';

export type LocalCloudProcess = {
  readonly url: string;
  readonly tokenFile: string;
  /** Replaces all faults; `{}` is good weather. */
  faults(faults: Record<string, unknown>): Promise<void>;
  /** @throws Error when a request or an answer violated the official document */
  stop(): Promise<void>;
};

export const startLocalCloud = async (settings: Record<string, string> = {}): Promise<LocalCloudProcess> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-cloud-'));
  const tokenFile = join(dir, 'token');
  await writeFile(tokenFile, TOKEN, { mode: 0o600 });
  const port = await freePort();
  const child = spawn(process.execPath, ['--conditions=citrus:source', '--disable-warning=ExperimentalWarning', PROGRAM], {
    env: { PATH: process.env['PATH'], LOCAL_CLOUD_PORT: String(port), LOCAL_CLOUD_TOKEN_FILE: tokenFile, LOCAL_CLOUD_DIR: join(dir, 'state'), LOCAL_CLOUD_DRIVER: 'process', LOCAL_CLOUD_LOG_LEVEL: 'warn', LOCAL_CLOUD_CONFORMANCE: 'record', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${url}/local/info`)).ok, { timeoutMs: 60_000 }); // a busy machine takes its time
  return {
    url,
    tokenFile,
    faults: async (faults) => {
      const answer = await fetch(`${url}/local/faults`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(faults) });
      if (!answer.ok) throw new Error(`the local cloud refused these faults: ${await answer.text()}`);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      const violations = await readFile(join(dir, 'state', 'conformance-violations.json'), 'utf8').catch(() => undefined);
      await rm(dir, { recursive: true, force: true });
      if (violations !== undefined) throw new Error(`what was asked or answered is not as DigitalOcean’s own document says: ${violations}`);
    },
  };
};
