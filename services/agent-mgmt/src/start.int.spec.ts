import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { readHealthOf } from '@citrus/contracts';
import { StartRefused, startService } from '@citrus/kit-service';
import { eventually } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { AppModule } from './app.module.ts';
import { Config } from './config.ts';
import { test } from './testing/world.ts';

const definition = { service: 'agent-mgmt', module: AppModule, config: Config } as const;

test('does not start without a master key or installers, and says what to do', async ({ world }) => {
  const start = (env: NodeJS.ProcessEnv) => startService(definition, { env: { ...world.env, ...env } });
  await expect(start({ CITRUS_MASTER_KEY_FILE: '/nowhere' })).rejects.toThrow(/CITRUS_MASTER_KEY_FILE.*openssl rand/);
  await expect(start({ CITRUS_INSTALLERS_DIR: '/nowhere' })).rejects.toBeInstanceOf(StartRefused);
  await expect(start({ CITRUS_INSTALLERS_DIR: '/nowhere' })).rejects.toThrow(/CITRUS_INSTALLERS_DIR: \/nowhere cannot be read/);
});

test('takes no request with a master key that does not open its command key', async ({ world }) => {
  await world.stop(await world.start());
  const other = `${world.env['CITRUS_MASTER_KEY_FILE']}.other`;
  await writeFile(other, randomBytes(32).toString('base64'), { mode: 0o600 });
  const running = await startService(definition, { env: { ...world.env, CITRUS_MASTER_KEY_FILE: other } });
  await eventually(async () => expect(await world.call(readHealthOf('agent-mgmt'), {})).toMatchObject({ status: 'starting', detail: expect.stringContaining('another master key') }));
  await running.stop();
});
