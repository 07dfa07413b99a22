/**
 * `npm start`: the whole system on one machine, from nothing. A supervisor and a list of steps; what the steps start
 * are the same programs that run in production, with the local cloud in the place of a real one.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LOGGED_SERVICES, ServiceName, type LoggedService } from '@citrus/contracts';
import { cacheDir } from '@citrus/kit-embedded';
import { newSealKey } from '@citrus/kit-event-store';
import { build } from './build.ts';
import { migrateDatabases, prepareDatabases } from './databases.ts';
import { choosePorts, newPassword, openHome, writeCredentials, type Home } from './home.ts';
import { awaitServices, startLocalCloud, startNats, startPostgres } from './infrastructure.ts';
import { forgetEverything } from './fresh.ts';
import { localCloudProgram, serviceProgram } from './programs.ts';
import { StartFailure } from './failure.ts';
import { claimHome } from './running-twice.ts';
import { explain, note, step } from './steps.ts';
import { stopLeftovers, Supervisor } from './supervisor.ts';

/** From `tools/dist/start`. */
const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Every program of ours compiles its JavaScript once and not at each start; in the checkout, where nobody else can lay something ready for us. */
process.env['NODE_COMPILE_CACHE'] ??= cacheDir('code');

/** The first owner: `npm start` claims the installation for whoever runs it. */
const newAdmin = (): string => JSON.stringify({ email: 'admin@citrus.local', password: newPassword(), projectId: randomUUID() }, null, 2);

/** One for each log; made once, because old seals are checked with them. */
const sealKeysOf = (home: Home) => Object.fromEntries(LOGGED_SERVICES.map((service) => [service, home.secretFile(`${service}.seal.key`, newSealKey)])) as Record<LoggedService, string>;

const start = async (home: Home, supervisor: Supervisor): Promise<void> => {
  const leftovers = await stopLeftovers(home);
  if (leftovers.length > 0) process.stdout.write(`  stopped what an earlier run left behind: ${leftovers.join(', ')}\n`);
  if (process.argv.includes('--fresh')) await step('clearing what was', () => forgetEverything(home));
  const ports = await step('ports', () => choosePorts(home), ({ hub }) => `panel on ${hub}`);
  const artifactsDir = await step('build', () => build(root));
  const files = {
    masterKey: home.secretFile('master.key', () => randomBytes(32).toString('base64')),
    cloudToken: home.secretFile('cloud.token', () => `dop_v1_${randomBytes(32).toString('hex')}`),
    firstAdmin: home.secretFile('first-admin.json', newAdmin),
    sealKeys: sealKeysOf(home),
  };
  const postgres = await step('PostgreSQL', () => startPostgres(home, supervisor, ports), ({ port }) => `port ${port}`);
  const databases = await step('databases', async () => {
    const urls = await prepareDatabases(home, postgres);
    await migrateDatabases(root, urls);
    return urls;
  });
  await step('NATS', () => startNats(home, supervisor, ports), (version) => `nats-server ${version} in operator mode`);
  const cloud = await step('local cloud', () => startLocalCloud(supervisor, localCloudProgram({ root, home, ports, files }), ports), ({ driver, note }) => `${driver} droplets${note ? ` (${note})` : ''}`);
  const site = { root, home, ports, databases, artifactsDir, files, gatewayAddress: cloud.gatewayAddress };
  await step(
    'services',
    async () => {
      for (const service of ServiceName.options) supervisor.start(serviceProgram(service, site));
      await awaitServices(supervisor, ports);
    },
    () => ServiceName.options.join(', '),
  );
  announce(home, `http://localhost:${ports.hub}`, files.firstAdmin);
};

const announce = (home: Home, url: string, firstAdminFile: string): void => {
  const { email, password } = JSON.parse(readFileSync(firstAdminFile, 'utf8')) as { email: string; password: string };
  writeCredentials(home, { url, email, password });
  process.stdout.write(`
  Citrus is ready.

    Panel     ${url}
    E-mail    ${email}
    Password  ${password}

  The sign-in is also in ${home.path('credentials.json')}, logs are in ${home.path('logs')}.
  Ctrl-C stops everything; what you made stays for the next start.
`);
};

/** A mistyped `--fresh` must not start with the old state as if nothing had been asked. */
const checkArguments = (): void => {
  const unknown = process.argv.slice(2).find((argument) => argument !== '--fresh');
  if (unknown !== undefined) throw new StartFailure(`npm start does not know ${unknown}`, 'Run npm start, or npm start -- --fresh to begin anew.');
  if (process.env['npm_config_fresh'] && !process.argv.includes('--fresh')) throw new StartFailure('npm kept --fresh for itself', 'Write two dashes before it: npm start -- --fresh');
};

const main = async (): Promise<void> => {
  process.stdout.write('\n  Citrus\n\n');
  checkArguments();
  const home = openHome();
  const release = claimHome(home);
  const supervisor = new Supervisor(home, (name, why) => note(`${name} ${why}; starting it again`));
  let ending: Promise<never> | undefined;
  const end = (code: number): Promise<never> =>
    (ending ??= (async () => {
      await supervisor.stopAll();
      release();
      return process.exit(code);
    })());
  const onSignal = () => {
    if (!ending) process.stdout.write('\n  stopping …\n');
    void end(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    await start(home, supervisor);
  } catch (error) {
    if (ending) return;
    explain(error);
    await end(1);
  }
};

try {
  await main();
} catch (error) {
  explain(error);
  process.exit(1);
}
