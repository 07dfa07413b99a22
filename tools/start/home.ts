/** `$CITRUS_HOME`: everything that a run leaves behind and the next one finds again. */
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { freePort, isListening } from '@citrus/kit-embedded';
import { StartFailure } from './failure.ts';

export type Home = {
  readonly dir: string;
  /** A path below the home. */
  path(...parts: string[]): string;
  /** A secret that is made once and kept in a file of mode 0600. */
  secretFile(name: string, make: () => string): string;
};

const writePrivately = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

/** Step by step, because Node's own recursive mkdir never comes back where nothing can be made, as below /proc. */
const makeFolder = (dir: string, mode: number): void => {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir), mode);
  mkdirSync(dir, { mode });
};

/** Others may pass through to what is theirs (PostgreSQL's own account); everything secret is 0600 by itself. */
const makeFolders = (dir: string): void => {
  for (const part of ['', 'run', 'logs']) makeFolder(join(dir, part), 0o711);
  makeFolder(join(dir, 'secrets'), 0o700);
};

/** Forgets everything but the folder itself; nothing may run in it any more. */
export const clearHome = ({ dir }: Home): void => {
  for (const entry of readdirSync(dir)) if (entry !== 'run') rmSync(join(dir, entry), { recursive: true, force: true });
  makeFolders(dir);
};

/** @throws StartFailure when we may not write there */
export const openHome = (): Home => {
  const dir = resolve(process.env['CITRUS_HOME'] ?? '.citrus');
  try {
    makeFolders(dir);
    accessSync(join(dir, 'run'), constants.W_OK);
  } catch (cause) {
    throw new StartFailure(`the home ${dir} cannot be written: ${(cause as Error).message}`, 'Give that folder to the account that runs npm start, or choose another one: CITRUS_HOME=… npm start', { cause });
  }
  return {
    dir,
    path: (...parts) => join(dir, ...parts),
    secretFile: (name, make) => {
      const file = join(dir, 'secrets', name);
      if (!existsSync(file)) writePrivately(file, make());
      return file;
    },
  };
};

/** A password that a person could type if need be. */
export const newPassword = (): string => randomBytes(15).toString('base64url');

const PORT_NAMES = ['postgres', 'nats', 'natsWebsocket', 'localCloud', 'auth', 'provisioning', 'agent-mgmt', 'metrics', 'hubManagement'] as const;
export type Ports = Record<(typeof PORT_NAMES)[number] | 'hub', number>;

const hubPort = (): number => {
  const text = process.env['CITRUS_PORT'] ?? '8080';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new StartFailure(`CITRUS_PORT is ${JSON.stringify(text)}`, 'Set it to a port from 1 to 65535, or unset it for 8080.');
  return port;
};

/** Ports are chosen once and kept, because agents remember where to come back to. */
export const choosePorts = async (home: Home): Promise<Ports> => {
  const file = home.path('ports.json');
  const known: Partial<Ports> = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Ports>) : {};
  const hub = hubPort();
  if (await isListening(hub)) throw new StartFailure(`port ${hub} is in use by another program`, `Stop that program, or choose another port: CITRUS_PORT=${hub + 1} npm start`);
  const ports = { hub } as Ports;
  for (const name of PORT_NAMES) {
    const port = known[name];
    ports[name] = port !== undefined && !(await isListening(port)) ? port : await freePort();
    if (port !== undefined && ports[name] !== port && name === 'natsWebsocket') {
      throw new StartFailure(`port ${port}, which the agents know as NATS, is in use by another program`, 'Stop that program and start again.');
    }
  }
  writePrivately(file, JSON.stringify(ports, null, 2));
  return ports;
};

export type Credentials = { readonly url: string; readonly email: string; readonly password: string };

export const writeCredentials = (home: Home, credentials: Credentials): void => writePrivately(home.path('credentials.json'), `${JSON.stringify(credentials, null, 2)}\n`);
