/** What can be seen of an installation on this machine while nobody answers: programs, ports and logs in `$CITRUS_HOME`. */
import { closeSync, existsSync, openSync, readFileSync, readSync, fstatSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Finding } from './findings.ts';

export type Program = { readonly name: string; readonly pid: number | null; readonly isRunning: boolean; readonly port: number | null; readonly isListening: boolean | null; readonly lastLines: readonly string[] };
export type LocalView = { readonly home: string; readonly isThere: boolean; readonly programs: readonly Program[] };

/** As `npm start` runs them, what the others need first. */
const PROGRAMS = ['postgres', 'nats', 'local-cloud', 'auth', 'provisioning', 'agent-mgmt', 'metrics', 'hub'] as const;
const PORTS: Readonly<Record<string, string>> = { 'local-cloud': 'localCloud' };
const TAIL_BYTES = 16_384;
const LINES = 3;
const CONNECT_WITHIN_MS = 1000;

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The end of a file of any size. */
const tailOf = (file: string): string => {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};

/** The message of a line that a service logged; any other line as it is. */
const messageOf = (line: string): string => {
  try {
    const { timestamp = '', level = '', message = '', err } = JSON.parse(line) as { timestamp?: string; level?: string; message?: string; err?: { message?: string } };
    return [timestamp, level, message, err?.message].filter(Boolean).join(' ');
  } catch {
    return line;
  }
};

/** Complaints before chatter: what a service did last says little about why it does not answer. */
const lastLinesOf = (file: string): string[] => {
  const lines = tailOf(file).split('\n').slice(1).filter((line) => line.trim() !== '');
  const complaints = lines.filter((line) => /"level":"(?:warn|error|fatal)"|\[(?:ERR|FTL|WRN)\]|FATAL|PANIC|ERROR/.test(line));
  return (complaints.length > 0 ? complaints : lines).slice(-LINES).map(messageOf);
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: CONNECT_WITHIN_MS });
    const done = (isListening: boolean) => {
      socket.destroy();
      resolve(isListening);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false)).once('timeout', () => done(false));
  });

const portsIn = (home: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(textOf(join(home, 'ports.json')) ?? '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
};

const look = async (home: string, name: string, ports: Readonly<Record<string, unknown>>): Promise<Program> => {
  // postgres writes more than its number into its file.
  const pid = Number.parseInt(textOf(join(home, 'run', `${name}.pid`)) ?? '', 10);
  const port = ports[PORTS[name] ?? name];
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return {
    name, pid: Number.isInteger(pid) && pid > 0 ? pid : null, isRunning: Number.isInteger(pid) && pid > 0 && isAlive(pid), port: isPort ? port : null, isListening: isPort ? await listens(port) : null,
    lastLines: lastLinesOf(join(home, 'logs', `${name}.log`)),
  };
};

export const lookLocally = async (home: string): Promise<LocalView> => {
  const isThere = existsSync(join(home, 'run'));
  const ports = portsIn(home);
  return { home, isThere, programs: isThere ? await Promise.all(PROGRAMS.map((name) => look(home, name, ports))) : [] };
};

export const localFindings = ({ home, isThere, programs }: LocalView): Finding[] => {
  if (!isThere) return [{ where: 'this machine', what: `there is no installation in ${home}`, advice: 'Say where it is: CITRUS_HOME=… citrus doctor --local; or run this where it was started.' }];
  if (programs.every(({ isRunning }) => !isRunning)) return [{ where: 'this machine', what: `nothing of ${home} runs`, advice: `Start it: CITRUS_HOME=${home} npm start` }];
  return programs.flatMap(({ name, isRunning, isListening, port }): Finding[] => {
    if (!isRunning) return [{ where: name, what: 'it does not run', advice: `See why at the end of ${join(home, 'logs', `${name}.log`)}. npm start starts it again by itself as long as it runs.` }];
    return isListening === false ? [{ where: name, what: `it runs, but nothing listens on port ${port}`, advice: `It may still be starting; else see ${join(home, 'logs', `${name}.log`)}.` }] : [];
  });
};
