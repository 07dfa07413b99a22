/**
 * Ten thousand agents on one machine: `citrus-swarm` connects them, each with its own credentials, to the system as it
 * runs in production, and `citrus-measure` asks whether all are there, gives each a job, takes some and then the broker
 * away. A part that fails is told and the next one goes on; the run then ends with a failure.
 */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnrolledAgent } from '@citrus/agent/embedding';
import { inboxPrefixOf } from '@citrus/contracts';
import { freePort } from '@citrus/kit-embedded';
import { openPool } from '@citrus/kit-event-store';
import { authTimeouts, memoryOf } from './fleet/broker.ts';
import { startChild } from './fleet/children.ts';
import { mintFleet, registerFleet, writeFleet } from './fleet/identities.ts';
import { measureJobs, writeInstaller } from './fleet/jobs.ts';
import { signIn, type Person } from './fleet/person.ts';
import { assertAllAnswer, measurePings } from './fleet/ping.ts';
import { untilPresenceIsRight } from './fleet/presence.ts';
import { slicesOf, startSwarms, type Swarms } from './fleet/swarms.ts';
import type { Part, Row } from './measure.ts';
import { startSite, type Site } from './trust-site.ts';

const AGENTS = 10_000;
/** As many a second as the agents' own policy allows a fleet to come back. */
const STARTS_PER_SECOND = 333;
const SETTLE_MS = 12_000;
/** For a machine whose neighbours are busy: everything may take so many times as long. */
const PATIENCE = Number(process.env['CITRUS_BENCH_PATIENCE'] ?? 1);
const ALL_MAY_TAKE_MS = 240_000 * PATIENCE;
const JOBS_MAY_TAKE_MS = 400_000 * PATIENCE;
const PRESENCE_MAY_TAKE_MS = 90_000 * PATIENCE;
/** On a server each has a disk of its own, here they would all wait for one. */
const SHARED_MEMORY = '/dev/shm';

type Fleet = { readonly agents: number; readonly dir: string; readonly site: Site; readonly monitorUrl: string; readonly fleet: readonly EnrolledAgent[]; readonly swarms: Swarms; readonly person: Person };
type Metrics = Record<string, number>;

const began = performance.now();
const tell = (text: string): void => void process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

const truthOf = (fleet: readonly EnrolledAgent[], isOnline: (index: number) => boolean): Map<string, boolean> => new Map(fleet.map(({ welcome }, index) => [welcome.agentId, isOnline(index)]));

/** Until agent-mgmt knows so many. */
const untilKnown = async ({ databaseUrls }: Site, count: number, what: 'agents' | 'connected agents' | 'servers'): Promise<void> => {
  const table = what === 'servers' ? 'servers' : `agents where status in ('connected'${what === 'agents' ? ", 'registered'" : ''})`;
  const pool = openPool({ databaseUrl: databaseUrls['agent-mgmt'] ?? '', max: 1 });
  try {
    for (const until = performance.now() + ALL_MAY_TAKE_MS; ; await delay(500)) {
      const { rows } = await pool.query<{ count: number }>(`select count(*)::int as count from ${table}`);
      if ((rows[0]?.count ?? 0) >= count) return;
      if (performance.now() > until) throw new Error(`agent-mgmt knows only ${rows[0]?.count} of ${count} ${what}`);
    }
  } finally {
    await pool.end();
  }
};

const measurePing = async ({ agents, dir, site, person }: Fleet, metrics: Metrics): Promise<void> => {
  const [identities, keyFile] = [join(dir, 'bare.jsonl'), join(dir, 'bare.pem')];
  writeFleet(identities, await mintFleet(site, 'bare', agents));
  writeFileSync(keyFile, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const responders = slicesOf(agents).map(({ from, count }) => startChild('fleet/bare', ['respond', keyFile, identities, String(from), String(count)]));
  try {
    await Promise.all(responders.map((child) => child.next('connected')));
    const bare = startChild('fleet/bare', ['ask', keyFile, identities, site.natsUrl, site.trust.credsFiles['agent-mgmt'], inboxPrefixOf('agent-mgmt'), '10000']);
    responders.push(bare);
    await bare.next('connected');
    tell('the bare connections are there too');
    const { p99Ms, perSecond, barePerSecond, vsBare, unanswered } = await measurePings(person, bare, agents);
    Object.assign(metrics, { ping_p99_ms: round(p99Ms, 0), ping_per_s: round(perSecond, 0), bare_ping_per_s: round(barePerSecond, 0), ping_vs_bare: round(vsBare, 2), ping_unanswered: unanswered });
  } finally {
    await Promise.all(responders.map((child) => child.stop()));
  }
};

const measureWork = async ({ agents, fleet, site, person }: Fleet, metrics: Metrics): Promise<void> => {
  // It follows the other log one fact after the other, while the agents connect.
  await untilKnown(site, agents, 'servers');
  const { perSecond, queuedPerSecond, again } = await measureJobs(person, { fleet, databaseUrl: site.databaseUrls['agent-mgmt'] ?? '', withinMs: JOBS_MAY_TAKE_MS });
  Object.assign(metrics, { jobs_per_s: round(perSecond), jobs_queued_per_s: round(queuedPerSecond), jobs_with_more_events: again });
};

/** A part of the fleet hangs with open connections, comes back, and then dies. */
const measurePresence = async ({ fleet, swarms, person }: Fleet, metrics: Metrics): Promise<void> => {
  const last = swarms.children.at(-1);
  if (!last) return;
  const withoutLast = truthOf(fleet, (index) => index < last.from || index >= last.from + last.count);
  last.child.signal('SIGSTOP');
  const hung = await untilPresenceIsRight(person, withoutLast, PRESENCE_MAY_TAKE_MS);
  last.child.signal('SIGCONT');
  const back = await untilPresenceIsRight(person, truthOf(fleet, () => true), PRESENCE_MAY_TAKE_MS);
  await last.child.stop();
  const dead = await untilPresenceIsRight(person, withoutLast, PRESENCE_MAY_TAKE_MS);
  Object.assign(metrics, { presence_s: round(Math.max(hung, back, dead)), presence_hung_s: round(hung), presence_back_s: round(back), presence_dead_s: round(dead) });
};

const measureReconnect = async ({ agents, fleet, site, monitorUrl, swarms, person }: Fleet, metrics: Metrics): Promise<void> => {
  const before = await authTimeouts(monitorUrl);
  await site.nats.kill();
  const killedAt = performance.now();
  await site.nats.restart();
  while (swarms.total('connectedNow') > agents / 2) await delay(50);
  await swarms.untilConnected(agents, ALL_MAY_TAKE_MS);
  const seconds = (performance.now() - killedAt) / 1000;
  Object.assign(metrics, { reconnect_s: round(seconds), auth_timeouts: before + (await authTimeouts(monitorUrl)), refused_sign_ins: swarms.total('refusedSignIns') });
  tell(`all are back after ${seconds.toFixed(1)} s`);
  await person.renew();
  metrics['presence_after_reconnect_s'] = round(await untilPresenceIsRight(person, truthOf(fleet, () => true), PRESENCE_MAY_TAKE_MS));
  await assertAllAnswer(person, agents);
};

const PARTS: Readonly<Record<string, (fleet: Fleet, metrics: Metrics) => Promise<void>>> = { ping: measurePing, jobs: measureWork, reconnect: measureReconnect, presence: measurePresence };

const rowsOf = (metrics: Metrics): Row[] => {
  const row = (name: string, unit: string, key: string): Row[] => (metrics[key] === undefined ? [] : [{ name, unit, ours: metrics[key] }]);
  const ping: Row[] = metrics['ping_per_s'] === undefined ? [] : [{ name: 'signed ping of all, request to last answer', unit: 'agents/s', ours: metrics['ping_per_s'], peer: metrics['bare_ping_per_s'] ?? NaN, ratio: metrics['ping_vs_bare'] ?? NaN, peerName: 'bare nats.js, signed and verified' }];
  return [
    ...row('agents connected', '', 'agents'), ...row('all of them connected and greeted', 's', 'connect_s'), ...ping, ...row('99 % have answered within', 'ms', 'ping_p99_ms'),
    ...row('one job each, request to last event', 'jobs/s', 'jobs_per_s'), ...row('  of that queued by request', 'jobs/s', 'jobs_queued_per_s'),
    ...row('broker’s memory an agent', 'kB', 'broker_kb_per_agent'), ...row('swarm’s memory an agent', 'kB', 'swarm_kb_per_agent'),
    ...row('broker killed, all back', 's', 'reconnect_s'), ...row('then presence is right', 's', 'presence_after_reconnect_s'), ...row('authentication timeouts', '', 'auth_timeouts'),
    ...row('a part hangs, presence is right', 's', 'presence_hung_s'), ...row('it goes on, presence is right', 's', 'presence_back_s'), ...row('it dies, presence is right', 's', 'presence_dead_s'),
    ...row('load average after', '', 'load'),
  ];
};

const connectAll = async ({ agents, site, monitorUrl, swarms, fleet, person }: Fleet, metrics: Metrics, brokerBefore: number): Promise<void> => {
  const startedAt = performance.now();
  await swarms.untilConnected(agents, ALL_MAY_TAKE_MS);
  tell('all are connected');
  await untilKnown(site, agents, 'connected agents');
  metrics['connect_s'] = round((performance.now() - startedAt) / 1000);
  tell(`all have said hello; ${await authTimeouts(monitorUrl)} were too slow to sign in`);
  metrics['auth_timeouts'] = await authTimeouts(monitorUrl);
  metrics['presence_first_s'] = round(await untilPresenceIsRight(person, truthOf(fleet, () => true), PRESENCE_MAY_TAKE_MS));
  await delay(SETTLE_MS);
  metrics['broker_kb_per_agent'] = round((memoryOf(site.nats.pid) - brokerBefore) / agents);
  metrics['swarm_kb_per_agent'] = round(swarms.children.reduce((sum, { child }) => sum + memoryOf(child.pid), 0) / agents);
};

const measure = async (site: Site, given: { agents: number; dir: string; monitorUrl: string }, parts: readonly string[]): Promise<Metrics> => {
  const { agents, dir } = given;
  const metrics: Metrics = { agents };
  const person = await signIn({ url: site.hubUrl, ...site.admin });
  const fleet = await mintFleet(site, 'fleet', agents);
  const registered = await registerFleet(site, fleet);
  tell('the facts are in the logs');
  const identities = join(dir, 'fleet.jsonl');
  writeFleet(identities, fleet);
  await untilKnown(site, agents, 'agents');
  tell('agent-mgmt knows all agents');
  const brokerBefore = memoryOf(site.nats.pid);
  const swarms = startSwarms({ agents, identities, hubUrl: site.hubUrl, dir: join(dir, 'swarm'), startWithinMs: Math.max(3000, Math.round((agents * 1000) / STARTS_PER_SECOND)) });
  try {
    const all: Fleet = { ...given, site, fleet, swarms, person };
    await connectAll(all, metrics, brokerBefore);
    for (const part of parts) {
      await person.renew();
      tell(`${part} begins`);
      try {
        await PARTS[part]?.(all, metrics);
        tell(`${part}: ${JSON.stringify(metrics)}`);
      } catch (error) {
        process.exitCode = 1;
        tell(`${part} FAILED: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await swarms.stop();
    await registered.stop();
  }
  return metrics;
};

/** @param part `ping`, `jobs`, `reconnect` or `presence` alone */
export const benchFleet = async (part?: string): Promise<Part> => {
  if (part !== undefined && !(part in PARTS)) throw new Error(`fleet has the parts ${Object.keys(PARTS).join(', ')}`);
  const agents = Number(process.env['CITRUS_BENCH_AGENTS'] ?? AGENTS);
  if (!Number.isInteger(agents) || agents < 2) throw new Error('CITRUS_BENCH_AGENTS is a number of agents, like 2000');
  const dir = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), 'citrus-bench-fleet-'));
  const monitorPort = await freePort();
  const environment = process.env['CITRUS_BENCH_LOGS'] ? { CITRUS_LOG_LEVEL: 'warn' } : undefined;
  try {
    const site = await startSite({ natsLines: [`http: "127.0.0.1:${monitorPort}"`], installersDir: writeInstaller(dir), withMetrics: true, ...(environment && { environment }) });
    tell('the system is up');
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => void site.stop().finally(() => process.exit(130)));
    try {
      const metrics = await measure(site, { agents, dir, monitorUrl: `http://127.0.0.1:${monitorPort}` }, part === undefined ? Object.keys(PARTS) : [part]);
      metrics['load'] = round(loadavg()[0] ?? NaN);
      return { rows: rowsOf(metrics), metrics };
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
