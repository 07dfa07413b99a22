/** Everywhere that something may be left behind, as bytes to search. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AUDIT_STREAM, eventsStreamOf, HEARTBEATS_STREAM, inboxPrefixOf, LOGS_STREAM, PRESENCE_STREAM, TOKEN_AUDIENCE, TOKEN_ISSUER, type AccessClaims, type ServiceName } from '@citrus/contracts';
import { openMasterKeys, openWithKey } from '@citrus/kit-crypto';
import { adminUrl } from '@citrus/kit-embedded';
import { connectNats } from '@citrus/kit-messaging';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { importJWK, SignJWT, type JWK } from 'jose';
import { Client as Database } from 'pg';
import type { System } from './system.ts';

const portsOf = (system: System): Record<string, number> => JSON.parse(readFileSync(join(system.home, 'ports.json'), 'utf8')) as Record<string, number>;

const askOf = (system: System) => async (database: string, sql: string): Promise<string[]> => {
  const password = readFileSync(join(system.home, 'secrets', 'postgres.password'), 'utf8');
  const client = new Database({ connectionString: adminUrl({ port: portsOf(system)['postgres'] ?? 0, password }, database) });
  await client.connect();
  try {
    return (await client.query<{ text: string }>(sql)).rows.map(({ text }) => text);
  } finally {
    await client.end();
  }
};

/** Access tokens of anybody, signed with the running system's own key. */
export const openMint = async (system: System): Promise<(claims: Partial<AccessClaims>) => Promise<string>> => {
  const [row = '{}'] = await askOf(system)('citrus_auth', 'select row_to_json(k)::text as text from signing_keys as k where is_current');
  const { key_id: keyId, sealed_private_key: sealed } = JSON.parse(row) as { key_id: string; sealed_private_key: string };
  const key = await importJWK(JSON.parse(openWithKey(openMasterKeys(join(system.home, 'secrets', 'master.key')), sealed, `signing-key-${keyId}`)) as JWK, 'EdDSA');
  return (over) => {
    const claims: AccessClaims = { sub: randomUUID(), email: 'somebody@example.org', memberships: [], adm: false, by: 'session', sid: randomUUID(), ...over };
    return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'JWT' }).setIssuer(TOKEN_ISSUER).setAudience(TOKEN_AUDIENCE).setIssuedAt().setExpirationTime('30m').setJti(randomUUID()).sign(key);
  };
};

/** Every row of every table of every database, as a dump would have them. */
export const databasesOf = async (system: System): Promise<Map<string, string>> => {
  const ask = askOf(system);
  const found = new Map<string, string>();
  for (const name of await ask('postgres', `select datname as text from pg_database where not datistemplate`)) {
    for (const table of await ask(name, `select oid::regclass::text as text from pg_class where relkind in ('r', 'm') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)`)) {
      found.set(`${name}: ${table}`, (await ask(name, `select row_to_json(t)::text as text from ${table} as t`)).join('\n'));
    }
  }
  return found;
};

/** Who may read which stream. */
const READERS: readonly (readonly [stream: string, reader: ServiceName])[] = [
  [eventsStreamOf('auth'), 'agent-mgmt'], [eventsStreamOf('provisioning'), 'agent-mgmt'], [eventsStreamOf('agent-mgmt'), 'provisioning'],
  [LOGS_STREAM, 'agent-mgmt'], [AUDIT_STREAM, 'auth'], [PRESENCE_STREAM, 'hub'], [HEARTBEATS_STREAM, 'hub'],
];

const messagesOf = async (system: System, stream: string, reader: ServiceName): Promise<string> => {
  const nats = await connectNats({ url: `nats://127.0.0.1:${portsOf(system)['nats']}`, credsFile: join(system.home, 'trust', 'creds', `${reader}.creds`), name: 'canary', inboxPrefix: inboxPrefixOf(reader) });
  try {
    const { consumers } = await jetstreamManager(nats, { checkAPI: false });
    const name = `canary-${reader}`;
    const { num_pending: pending } = await consumers.add(stream, { name, ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.All, mem_storage: true });
    const consumer = await jetstream(nats).consumers.get(stream, name);
    const texts: string[] = [];
    for (let read = 0; read < pending; read += 1) {
      const message = await consumer.next({ expires: 5000 });
      if (!message) break;
      texts.push(`${message.subject} ${JSON.stringify([...(message.headers ?? [])])} ${message.string()}`);
    }
    await consumers.delete(stream, name);
    return texts.join('\n');
  } finally {
    await nats.close();
  }
};

export const streamsOf = async (system: System): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for (const [stream, reader] of READERS) found.set(`stream ${stream}`, await messagesOf(system, stream, reader));
  return found;
};

/** Every file below the home: databases, streams, logs of services, what agents keep. Latin 1 keeps the bytes. */
export const filesOf = (folder: string): Map<string, string> => {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    try {
      found.set(file, readFileSync(file, 'latin1'));
    } catch {
      // Gone since it was listed: a write-ahead segment that was recycled, a log that was rotated.
    }
  }
  return found;
};

export type Watch = { stop(): Promise<ReadonlyMap<string, string>> };

const read = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
};
const programOf = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '?';
  }
};

/** Command lines and environments of all processes, again and again; only a running script's own environment is its own. */
export const watchProcesses = (): Watch => {
  const seen = new Map<string, string>();
  const stopping = new AbortController();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      const environment = read(pid, 'environ');
      const commandLine = read(pid, 'cmdline');
      const isScript = environment.includes('PROVISIONING_JOB=true');
      seen.set(`process ${pid} (${programOf(pid)}${isScript ? ', of the script' : ''}): ${commandLine.slice(0, 60).replaceAll('\0', ' ')}`, isScript ? commandLine : `${commandLine}\n${environment}`);
    }
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      look();
      await delay(60);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return seen;
    },
  };
};
