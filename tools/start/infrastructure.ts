/** The parts that are not ours, and when each is usable. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { ServiceName } from '@citrus/contracts';
import { bootstrapTrust, natsServerConfig } from '@citrus/auth';
import { adminUrl, answersAsPostgres, brokerEnvironment, ensureNatsServer, initPostgres, isListening, NatsServerMissing, postgresCommand } from '@citrus/kit-embedded';
import { connectNats, deployStreams } from '@citrus/kit-messaging';
import { StartFailure } from './failure.ts';
import { newPassword, type Home, type Ports } from './home.ts';
import type { Program, Supervisor } from './supervisor.ts';

const exec = promisify(execFile);
const POLL_EVERY_MS = 50;
/** What ended this often will not come up by waiting. */
const HOPELESS_DEATHS = 5;

const until = async (what: string, isTrue: () => Promise<boolean>, place: { supervisor: Supervisor; name: string; timeoutMs: number }): Promise<void> => {
  const deadline = Date.now() + place.timeoutMs;
  while (!(await isTrue())) {
    const isHopeless = place.supervisor.deathsOf(place.name) >= HOPELESS_DEATHS;
    if (isHopeless || Date.now() > deadline) {
      throw new StartFailure(`${what} ${isHopeless ? `ended ${HOPELESS_DEATHS} times` : `was not ready within ${place.timeoutMs / 1000} s`}. It said last:\n${place.supervisor.lastWords(place.name)}`, `Read ${place.supervisor.logOf(place.name)}, mend what it names, and start again.`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
};

export const startPostgres = async (home: Home, supervisor: Supervisor, ports: Ports): Promise<{ port: number; password: string }> => {
  const place = { dataDir: home.path('postgres'), port: ports.postgres, password: readFileSync(home.secretFile('postgres.password', newPassword), 'utf8') };
  await initPostgres(place);
  supervisor.start({ name: 'postgres', stopSignal: 'SIGINT', ...postgresCommand(place) });
  await until('PostgreSQL', () => answersAsPostgres(adminUrl(place)), { supervisor, name: 'postgres', timeoutMs: 60_000 });
  return place;
};

const findNats = async (): Promise<string> => {
  try {
    return await ensureNatsServer();
  } catch (cause) {
    if (cause instanceof NatsServerMissing) throw new StartFailure(cause.message, 'Install nats-server 2.10 or newer, or set NATS_SERVER_BIN to one, and start again.', { cause });
    throw cause;
  }
};

/** @returns the server's version */
export const startNats = async (home: Home, supervisor: Supervisor, ports: Ports): Promise<string> => {
  const binary = await findNats();
  const trust = await bootstrapTrust({ dir: home.path('trust') });
  mkdirSync(home.path('nats'), { recursive: true, mode: 0o700 });
  const configFile = home.path('nats', 'nats-server.conf');
  writeFileSync(configFile, natsServerConfig({ trust, dataDir: home.path('nats'), port: ports.nats, websocket: { port: ports.natsWebsocket } }), { mode: 0o600 });
  supervisor.start({ name: 'nats', command: binary, args: ['-c', configFile], env: brokerEnvironment() });
  await until('nats-server', async () => (await isListening(ports.nats)) && (await isListening(ports.natsWebsocket)), { supervisor, name: 'nats', timeoutMs: 30_000 });
  const nats = await connectNats({ url: `nats://127.0.0.1:${ports.nats}`, credsFile: home.path('trust', 'creds', 'deployer.creds'), name: 'deploy', inboxPrefix: '_INBOX_deployer' });
  await deployStreams(nats);
  await nats.close();
  const { stdout } = await exec(binary, ['--version']);
  return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? 'of unknown version';
};

export type CloudInfo = { readonly driver: string; readonly gatewayAddress: string; readonly note?: string };

export const startLocalCloud = async (supervisor: Supervisor, program: Program, ports: Ports): Promise<CloudInfo> => {
  supervisor.start(program);
  let info: CloudInfo | undefined;
  const ask = async () => {
    try {
      const response = await fetch(`http://127.0.0.1:${ports.localCloud}/local/info`, { signal: AbortSignal.timeout(5000) });
      info = response.ok ? ((await response.json()) as CloudInfo) : undefined;
    } catch {
      info = undefined;
    }
    return info !== undefined;
  };
  await until('the local cloud', ask, { supervisor, name: 'local-cloud', timeoutMs: 180_000 });
  return info as CloudInfo;
};

const isReady = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};

export const awaitServices = async (supervisor: Supervisor, ports: Ports): Promise<void> => {
  for (const service of ServiceName.options) {
    const url = service === 'hub' ? `http://127.0.0.1:${ports.hub}/api/health` : `http://127.0.0.1:${ports[service]}/readyz`;
    await until(`service ${service}`, () => isReady(url), { supervisor, name: service, timeoutMs: 60_000 });
  }
};
