import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const services = fileURLToPath(new URL('../../../services', import.meta.url));
const run = (service: string, env: NodeJS.ProcessEnv) => spawnSync(process.execPath, ['--conditions=citrus:source', '--disable-warning=ExperimentalWarning', `${services}/${service}/src/migrate.ts`], { env, encoding: 'utf8' });

describe.each(['auth', 'provisioning', 'agent-mgmt', 'metrics'])('the migrate program of %s', (service) => {
  test('says what is missing and changes nothing', () => {
    const { status, stderr } = run(service, {});
    expect(status).toBe(1);
    expect(stderr).toContain(`The database of ${service} was not migrated. These environment variables are wrong:\n  CITRUS_DATABASE_OWNER_URL: is missing\n  CITRUS_DATABASE_ROLE: is missing\n`);
  });

  test('names what is wrong without saying it', () => {
    const { status, stderr } = run(service, { CITRUS_DATABASE_OWNER_URL: 'mysql://root:secret@localhost/x', CITRUS_DATABASE_ROLE: '' });
    expect(status).toBe(1);
    expect(stderr).toContain('CITRUS_DATABASE_OWNER_URL: must be postgres://role:password@host:port/database');
    expect(stderr).toContain('CITRUS_DATABASE_ROLE: must be the name of the role');
    expect(stderr).not.toContain('secret');
  });
});
