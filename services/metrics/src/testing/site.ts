/** What the service needs around it: files with keys, and settings that name them. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSealKey } from '@citrus/kit-event-store';
import type { TestDatabase } from '@citrus/kit-testing';

export type Site = { readonly env: NodeJS.ProcessEnv; clear(): Promise<void> };

/** @param database migrated */
export const prepareSite = async ({ natsUrl, database }: { natsUrl: string; database: TestDatabase }): Promise<Site> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-metrics-'));
  await writeFile(join(dir, 'master-key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(join(dir, 'seal.key'), newSealKey(), { mode: 0o600 });
  return {
    env: {
      PATH: process.env['PATH'], CITRUS_NATS_URL: natsUrl, CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'silent', CITRUS_DATABASE_URL: database.serviceUrl,
      CITRUS_MASTER_KEY_FILE: join(dir, 'master-key'), CITRUS_SEAL_KEY_FILE: join(dir, 'seal.key'), CITRUS_SEALS_DIR: join(dir, 'seals'),
    },
    clear: () => rm(dir, { recursive: true, force: true }),
  };
};
