/** The service with everything around it: its own database, a real broker, the local cloud as a process. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newSealKey } from '@citrus/kit-event-store';
import { startService } from '@citrus/kit-service';
import type { TestDatabase } from '@citrus/kit-testing';
import { AppModule } from '../app.module.ts';
import { ProvisioningConfig } from '../config.ts';
import type { LocalCloudProcess } from './local-cloud.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type Site = { readonly env: NodeJS.ProcessEnv; clear(): Promise<void> };

/** @param database migrated. The files that the settings name. Times are short: the local cloud is quick. */
export const prepareSite = async ({ natsUrl, database, cloud }: { natsUrl: string; database: TestDatabase; cloud: LocalCloudProcess }): Promise<Site> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-provisioning-'));
  const artifacts = join(dir, 'artifacts');
  await mkdir(artifacts);
  await writeFile(join(artifacts, 'index.json'), JSON.stringify({ 'install.sh': { digest: `sha256:${'0'.repeat(64)}` } }));
  await writeFile(join(dir, 'master-key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(join(dir, 'seal.key'), newSealKey(), { mode: 0o600 });
  return {
    env: {
      PATH: process.env['PATH'],
      CITRUS_NATS_URL: natsUrl, CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'error', CITRUS_DATABASE_URL: database.serviceUrl,
      CITRUS_SEAL_KEY_FILE: join(dir, 'seal.key'), CITRUS_SEALS_DIR: join(dir, 'seals'),
      CITRUS_MASTER_KEY_FILE: join(dir, 'master-key'), CITRUS_CLOUD_URL: cloud.url, CITRUS_CLOUD_TOKEN_FILE: cloud.tokenFile,
      CITRUS_AGENT_HUB_URL: 'http://127.0.0.1:9', CITRUS_ARTIFACTS_DIR: artifacts,
      CITRUS_CLOUD_CALLS_PER_SECOND: '100', CITRUS_CLOUD_CREATE_TIMEOUT_MS: '1000', CITRUS_CLOUD_SETTLE_MS: '2000', CITRUS_POLL_FIRST_MS: '100', CITRUS_POLL_LONGEST_MS: '500',
    },
    clear: () => rm(dir, { recursive: true, force: true }),
  };
};

export const startHere = (env: NodeJS.ProcessEnv) => startService({ service: 'provisioning', module: AppModule, config: ProvisioningConfig }, { env });

export type ServiceProcess = { kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> };

/** As a process whose every word is kept; needs `tsc -b` before. */
export const startTalking = (env: NodeJS.ProcessEnv): ServiceProcess & { said(): string } => {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    said: () => words.join(''),
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
};

/** As a process that can be killed; needs `tsc -b` before. */
export const startProcess = (env: NodeJS.ProcessEnv): ServiceProcess => {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
};
