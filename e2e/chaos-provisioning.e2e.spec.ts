/**
 * 200 servers are asked for, and some deleted, while provisioning, NATS and PostgreSQL are killed with `kill -9` at random
 * moments. In the end every server is active, failed with a reason, or deleted; the cloud holds exactly the droplets that
 * the log says; and the logs are what was written. The choices come from a seed: `CITRUS_CHAOS_SEED=<n>` makes the same ones
 * again, though not the same timing, which is the machine's.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOGGED_SERVICES } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { Client, type ServerView } from './client.ts';
import { cloudOf } from './machine.ts';
import { startSwarm, type Swarm } from './swarm.ts';
import { startSystem, type System } from './system.ts';

const SERVERS = 200;
const AT_ONCE = 8;
const DELETED_SHARE = 0.2;
const VICTIMS = ['provisioning', 'nats', 'postgres'] as const;
const KILLS = 9;
/** Of what is done in all, once for each server that was taken and once for each that is active. */
const KILLED_WITHIN = 1.4;
const LONGEST_AFTER_MS = 500;
/** Nothing waits this long unless something is broken; a busy machine is no reason to fail. */
const PATIENCE_MS = 300_000;

const seed = Number(process.env['CITRUS_CHAOS_SEED'] ?? Math.floor(Math.random() * 1_000_000));

/** mulberry32: small, seeded, and good enough to choose victims with. */
const randomFrom = (start: number): (() => number) => {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

type Droplet = { readonly id: number; readonly name: string; readonly tags: readonly string[] };
type LoggedEvent = { readonly type: string; readonly stream: string; readonly data: { readonly spec?: { readonly name: string }; readonly dropletRef?: string; readonly reason?: string } };
type Verified = { readonly result?: { readonly service: string; readonly ok: boolean; readonly problems: readonly unknown[] } };

let system: System;
let swarm: Swarm;
let client: Client;
let renewing: NodeJS.Timeout;

/** On a busy machine all this outlasts an access token, and a sign-in may meet a victim. */
const SIGN_IN_EVERY_MS = 60_000;

beforeAll(async () => {
  process.stdout.write(`chaos seed ${seed}\n`);
  system = await startSystem({
    driver: 'none',
    env: { LOCAL_CLOUD_DROPLET_LIMIT: '1000', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '60000', LOCAL_CLOUD_REQUESTS_PER_HOUR: '1200000', LOCAL_CLOUD_ACTIVE_AFTER_MS: '200', LOCAL_CLOUD_DELETE_TAKES_MS: '200' },
  });
  swarm = startSwarm(system, { seed, crash: 0.05, duplicates: 0.5, 'start-within-ms': 500, 'reconnect-window-ms': 2000 });
  client = await new Client(system.credentials).signIn();
  renewing = setInterval(() => void client.signIn().catch((error: unknown) => process.stdout.write(`not signed in anew: ${String(error)}\n`)), SIGN_IN_EVERY_MS);
  // The cloud is not kind either: answers are lost, and some droplets are accepted and never seen again.
  await cloudOf(system)('PUT', '/local/faults', { seed, lostAnswer: { probability: 0.03, method: 'POST', mode: 'reset' }, vanish: { probability: 0.02, afterMs: 500 } });
});
afterAll(async () => {
  clearInterval(renewing);
  await swarm?.stop();
  await system?.dispose();
});

/** One victim after the other, whenever that much more has been done: a system that gets nowhere shows nothing. */
const killAtRandom = async (random: () => number, done: () => Promise<number>): Promise<string[]> => {
  const moments = Array.from({ length: KILLS }, () => random() * SERVERS * KILLED_WITHIN).sort((a, b) => a - b);
  const killed: string[] = [];
  for (const moment of moments) {
    await eventually(async () => (await done()) >= moment, { timeoutMs: PATIENCE_MS });
    await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_AFTER_MS));
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'nats';
    const before = system.pidOf(victim);
    await system.kill(victim);
    killed.push(victim);
    await eventually(() => system.pidOf(victim) !== before, { timeoutMs: PATIENCE_MS });
  }
  return killed;
};

/** Asks for all servers, a few side by side, and for the deletion of some: at once, or when all were asked for. */
const askForServers = async (random: () => number, asked: ServerView[]): Promise<Set<string>> => {
  const names = Array.from({ length: SERVERS }, (_, n) => `chaos-${n}`);
  const doomed = new Map(names.filter(() => random() < DELETED_SHARE).map((name) => [name, random() < 0.5]));
  const [deleted, left] = [new Set<string>(), [...names]];
  const remove = async ({ id, name }: ServerView) => {
    const { status } = await client.insist('DELETE', `/api/servers/${id}`);
    expect(status, `deleting ${name}`).toBe(202);
    deleted.add(id);
  };
  const askInTurn = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const server = await client.createServer(name);
      asked.push(server);
      if (doomed.get(name) === true) await remove(server);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
  await Promise.all(asked.filter(({ name }) => doomed.get(name) === false).map(remove));
  return deleted;
};

const pages = async <Item>(read: (page: number) => Promise<readonly Item[]>): Promise<Item[]> => {
  const all: Item[] = [];
  for (let page = 1; ; page += 1) {
    const items = await read(page);
    all.push(...items);
    if (items.length < 200) return all;
  }
};

/** Lists leave out what is deleted, if it is not asked for. */
const shown = async (): Promise<ServerView[]> => {
  const lists = await Promise.all(['', '&status=deleted'].map((more) => client.get<{ items: ServerView[] }>(`/api/servers?limit=200${more}`)));
  return lists.flatMap(({ body }) => body.items);
};

const droplets = (): Promise<Droplet[]> => pages(async (page) => (await cloudOf(system)('GET', `/v2/droplets?per_page=200&page=${page}`)).droplets as unknown as Droplet[]);

const lines = <Line>(text: string): Line[] => text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Line);
const provisioningLog = async (): Promise<LoggedEvent[]> => lines<LoggedEvent>((await client.get<string>('/api/history/export?service=provisioning')).body);

/** What the log says is in the cloud: everything that was accepted or found, and is not gone. */
const dropletsByTheLog = (events: readonly LoggedEvent[]): string[] => {
  const there = new Set<string>();
  for (const { type, data: { dropletRef } } of events) {
    if (dropletRef === undefined) continue;
    if (type === 'DropletAccepted' || type === 'StrayDropletFound') there.add(dropletRef);
    else if (type === 'DropletGone') there.delete(dropletRef);
  }
  return [...there].sort();
};

describe('200 servers, while provisioning, NATS and PostgreSQL are killed', () => {
  const asked: ServerView[] = [];
  let deleted: Set<string>;
  let ended: Map<string, ServerView>;

  test('are all taken, and each ends active, failed with a reason, or deleted', async () => {
    const active = async () => (await client.get<{ items: unknown[] }>('/api/servers?status=active&limit=200')).body.items.length;
    const killing = killAtRandom(randomFrom(seed), async () => asked.length + (await active()));
    deleted = await askForServers(randomFrom(seed + 1), asked);
    process.stdout.write(`killed ${(await killing).join(', ')}\n`);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(SERVERS);
    ended = await eventually(async () => {
      const servers = await shown();
      expect(servers.map(({ id }) => id).sort()).toEqual(asked.map(({ id }) => id).sort());
      expect(servers.filter(({ id, status }) => !(deleted.has(id) ? ['deleted'] : ['active', 'failed']).includes(status)).map(({ name, status }) => `${name} is ${status}`)).toEqual([]);
      return new Map(servers.map((server) => [server.id, server]));
    }, { timeoutMs: PATIENCE_MS });
    const failed = [...ended.values()].filter(({ status }) => status === 'failed');
    for (const { name, note } of failed) expect(note, name).toEqual(expect.stringMatching(/\w+ .*\./));
    // Kills alone make no server fail, and few droplets vanish.
    expect(failed.length).toBeLessThan(SERVERS / 10);
  });

  test('have exactly the droplets that the log says, and nobody has two', async () => {
    const events = await eventually(async () => {
      const log = await provisioningLog();
      expect((await droplets()).map(({ id }) => String(id)).sort()).toEqual(dropletsByTheLog(log));
      return log;
    }, { timeoutMs: PATIENCE_MS });
    const names = events.filter(({ type }) => type === 'ServerRequested').map(({ data }) => data.spec?.name);
    expect([...names].sort()).toEqual(asked.map(({ name }) => name).sort());
    const there = await droplets();
    const of = (id: string) => there.filter(({ tags }) => tags.includes(`citrus-srv:${id}`)).length;
    for (const { id, name, status } of ended.values()) {
      if (status === 'failed') expect(of(id), name).toBeLessThanOrEqual(1);
      else expect(of(id), `${name}, which is ${status}`).toBe(status === 'active' ? 1 : 0);
    }
  });

  test('left logs that are what was written', async () => {
    const results = lines<Verified>((await client.get<string>('/api/history/verify')).body).flatMap(({ result }) => result ?? []);
    expect(results.map(({ service, ok, problems }) => ({ service, ok, problems }))).toEqual(LOGGED_SERVICES.map((service) => ({ service, ok: true, problems: [] })));
  });
});
