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
import { authTimeouts, filesOf, heapOf, memoryOf } from './fleet/broker.ts';
import { startChild } from './fleet/children.ts';
import { costOf } from './fleet/cost.ts';
import { mintFleet, registerFleet, writeFleet } from './fleet/identities.ts';
import { measureJobs, writeInstaller } from './fleet/jobs.ts';
import { signIn, type Person } from './fleet/person.ts';
import { assertAllAnswer, measurePings } from './fleet/ping.ts';
import { untilPresenceIsRight } from './fleet/presence.ts';
import { slicesOf, startSwarms, type Swarms } from './fleet/swarms.ts';
import type { Part, Row } from './measure.ts';
import { startSite, type Site } from './trust-site.ts';

const AGENTS = 10_000;
/** Slow enough for one machine that is also the broker, the services and the database: each start is a first hello, which is an event. */
const STARTS_PER_SECOND = 150;
/** Until the broker has given back what signing in so many took; Go does that slowly. */
const SETTLE_MS = 45_000;
/** Its streams', its listeners' and what the services' connections are; generously. */
const FILES_OF_THE_BROKER = 1500;
/** For a machine whose neighbours are busy: everything may take so many times as long. */
const PATIENCE = Number(process.env['CITRUS_BENCH_PATIENCE'] ?? 1);
const ALL_MAY_TAKE_MS = 300_000 * PATIENCE;
/** A fleet of ten thousand at twenty a second, and some. */
const JOBS_MAY_TAKE_MS = 600_000 * PATIENCE;
const PART_MAY_TAKE_MS = 700_000 * PATIENCE;
const PRESENCE_MAY_TAKE_MS = 90_000 * PATIENCE;
/** On a server each has a disk of its own, here they would all wait for one. */
const SHARED_MEMORY = '/dev/shm';

type Monitor = { readonly url: string; readonly profileUrl: string };
type Fleet = { readonly agents: number; readonly dir: string; readonly site: Site; readonly monitor: Monitor; readonly fleet: readonly EnrolledAgent[]; readonly swarms: Swarms; readonly person: Person };
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

const measurePing = async ({ agents, dir, site, person, monitor }: Fleet, metrics: Metrics): Promise<void> => {
  const [identities, keyFile] = [join(dir, 'bare.jsonl'), join(dir, 'bare.pem')];
  // The broker has to have both fleets, and files of its own.
  const bareAgents = Math.min(agents, filesOf(site.nats.pid) - agents - FILES_OF_THE_BROKER);
  writeFleet(identities, await mintFleet(site, 'bare', bareAgents));
  const withoutBare = await heapOf(monitor.profileUrl);
  writeFileSync(keyFile, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const responders = slicesOf(bareAgents).map(({ from, count }) => startChild('fleet/bare', ['respond', keyFile, identities, String(from), String(count)]));
  try {
    await Promise.all(responders.map((child) => child.next('connected')));
    const bare = startChild('fleet/bare', ['ask', keyFile, identities, site.natsUrl, site.trust.credsFiles['agent-mgmt'], inboxPrefixOf('agent-mgmt'), '10000']);
    responders.push(bare);
    await bare.next('connected');
    metrics['broker_heap_kb_per_bare'] = round((await heapOf(monitor.profileUrl) - withoutBare) / bareAgents);
    tell(`${bareAgents} bare connections are there too`);
    const { p99Ms, perSecond, barePerSecond, vsBare, unanswered } = await measurePings(person, bare, { ours: agents, bare: bareAgents });
    Object.assign(metrics, { ping_p99_ms: round(p99Ms, 0), ping_per_s: round(perSecond, 0), bare_ping_per_s: round(barePerSecond, 0), bare_ping_ms: round((agents * 1000) / barePerSecond, 0), ping_vs_bare: round(vsBare, 2), ping_unanswered: unanswered });
  } finally {
    await Promise.all(responders.map((child) => child.stop()));
  }
};

/** All together, and by program. */
const perJob = (metric: string, cost: Readonly<Record<string, number>>, jobs: number): Metrics => {
  const sum = Object.values(cost).reduce((total, each) => total + each, 0);
  return { [metric]: round(sum / jobs), ...Object.fromEntries(Object.entries(cost).map(([name, each]) => [`${metric}_${name.toLowerCase().replaceAll('-', '_')}`, round(each / jobs)])) };
};

const measureWork = async ({ agents, fleet, site, person, swarms }: Fleet, metrics: Metrics): Promise<void> => {
  // It follows the other log one fact after the other, while the agents connect.
  await untilKnown(site, agents, 'servers');
  const { result, cost } = await costOf(site, swarms, () => measureJobs(person, { fleet, databaseUrl: site.databaseUrls['agent-mgmt'] ?? '', withinMs: JOBS_MAY_TAKE_MS }));
  Object.assign(metrics, { jobs_per_s: round(result.perSecond), jobs_queued_per_s: round(result.queuedPerSecond), jobs_with_more_events: result.again, ...perJob('job_cpu_ms', cost.cpuMs, agents), job_cpu_ms_at_rest: round(cost.idleCpuMs / agents), ...perJob('job_transactions', cost.transactions, agents) });
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

const measureReconnect = async ({ agents, fleet, site, monitor, swarms, person }: Fleet, metrics: Metrics): Promise<void> => {
  const refusedBefore = swarms.total('refusedSignIns');
  await site.nats.kill();
  const killedAt = performance.now();
  await site.nats.restart();
  while (swarms.total('connectedNow') > agents / 2) await delay(50);
  await swarms.untilConnected(agents, ALL_MAY_TAKE_MS);
  const seconds = (performance.now() - killedAt) / 1000;
  Object.assign(metrics, { reconnect_s: round(seconds), auth_timeouts: await authTimeouts(monitor.url), refused_sign_ins: swarms.total('refusedSignIns') - refusedBefore });
  tell(`all are back after ${seconds.toFixed(1)} s`);
  await person.renew();
  metrics['presence_after_reconnect_s'] = round(await untilPresenceIsRight(person, truthOf(fleet, () => true), PRESENCE_MAY_TAKE_MS));
  await assertAllAnswer(person, agents);
};

const PARTS: Readonly<Record<string, (fleet: Fleet, metrics: Metrics) => Promise<void>>> = { ping: measurePing, jobs: measureWork, reconnect: measureReconnect, presence: measurePresence };

const rowsOf = (metrics: Metrics): Row[] => {
  const row = (name: string, unit: string, key: string): Row[] => (metrics[key] === undefined ? [] : [{ name, unit, ours: metrics[key] }]);
  const ping: Row[] = metrics['ping_per_s'] === undefined ? [] : [{ name: 'signed ping of all, request to last answer', unit: 'agents/s', ours: metrics['ping_per_s'], peer: metrics['bare_ping_per_s'] ?? NaN, ratio: metrics['ping_vs_bare'] ?? NaN, peerName: 'bare nats.js, signed and verified' }];
  const eachOf = (metric: string, name: string, unit: string): Row[] => Object.keys(metrics).filter((key) => key.startsWith(metric)).flatMap((key) => row(key === metric ? name : `  of that ${key.slice(metric.length + 1)}`, unit, key));
  return [
    ...row('agents connected', '', 'agents'), ...row('all of them connected and greeted', 's', 'connect_s'), ...ping, ...row('99 % have answered within', 'ms', 'ping_p99_ms'), ...row('  as many bare ones take, all of them', 'ms', 'bare_ping_ms'),
    ...row('one job each, request to last event', 'jobs/s', 'jobs_per_s'), ...row('  of that queued by request', 'jobs/s', 'jobs_queued_per_s'), ...eachOf('job_cpu_ms', 'processor time for a job', 'ms'), ...eachOf('job_transactions', 'transactions for a job', ''),
    ...row('broker’s memory for one more agent', 'kB', 'broker_kb_per_agent'), ...row('  of that in use after it tidied up', 'kB', 'broker_heap_kb_per_agent'), ...row('  the same for a bare nats.js connection', 'kB', 'broker_heap_kb_per_bare'), ...row('all of the broker’s memory by the agents', 'kB', 'broker_kb_per_agent_total'), ...row('the broker’s memory', 'MB', 'broker_mb'), ...row('swarm’s memory an agent', 'kB', 'swarm_kb_per_agent'),
    ...row('broker killed, all back', 's', 'reconnect_s'), ...row('then presence is right', 's', 'presence_after_reconnect_s'), ...row('  authentication timeouts meanwhile', '', 'auth_timeouts'), ...row('authentication timeouts at the first start', '', 'auth_timeouts_at_start'),
    ...row('a part hangs, presence is right', 's', 'presence_hung_s'), ...row('it goes on, presence is right', 's', 'presence_back_s'), ...row('it dies, presence is right', 's', 'presence_dead_s'),
    ...row('load average after', '', 'load'),
  ];
};

type BrokerAt = { readonly agents: number; readonly kb: number; readonly heapKb: number };
const brokerAt = async (agents: number, { site, monitor }: Pick<Fleet, 'site' | 'monitor'>): Promise<BrokerAt> => ({ agents, kb: memoryOf(site.nats.pid), heapKb: await heapOf(monitor.profileUrl) });

/** One more agent costs the slope between half the fleet and all of it; `_total` is everything the broker takes, by the number of agents. */
const tellBroker = (half: BrokerAt, all: BrokerAt, metrics: Metrics): void => {
  const slope = (of: 'kb' | 'heapKb') => round((all[of] - half[of]) / (all.agents - half.agents));
  Object.assign(metrics, { broker_mb: round(all.kb / 1024), broker_kb_per_agent: slope('kb'), broker_kb_per_agent_total: round(all.kb / all.agents), broker_heap_kb_per_agent: slope('heapKb') });
};

/** Until so many are connected and greeted. What is missing is told, and the run goes on with those that are there. */
const untilThere = async (count: number, { site, swarms }: Pick<Fleet, 'site' | 'swarms'>): Promise<void> => {
  await swarms.untilConnected(count, ALL_MAY_TAKE_MS);
  await untilKnown(site, count, 'connected agents');
};

const connectAll = async (all: Fleet, metrics: Metrics): Promise<void> => {
  const { agents, monitor, swarms, fleet, person } = all;
  const startedAt = performance.now();
  const half = swarms.children.reduce((sum, { count }) => sum + count, 0);
  await untilThere(half, all);
  tell(`half of them are there; ${await authTimeouts(monitor.url)} were too slow to sign in`);
  await delay(SETTLE_MS);
  const brokerAtHalf = await brokerAt(half, all);
  swarms.startMore();
  await untilThere(agents, all);
  metrics['connect_s'] = round((performance.now() - startedAt - SETTLE_MS) / 1000);
  metrics['auth_timeouts_at_start'] = await authTimeouts(monitor.url);
  tell(`all have said hello; ${metrics['auth_timeouts_at_start']} were too slow to sign in`);
  await person.renew();
  metrics['presence_first_s'] = round(await untilPresenceIsRight(person, truthOf(fleet, () => true), PRESENCE_MAY_TAKE_MS));
  await delay(SETTLE_MS);
  tellBroker(brokerAtHalf, await brokerAt(agents, all), metrics);
  metrics['swarm_kb_per_agent'] = round(swarms.children.reduce((sum, { child }) => sum + memoryOf(child.pid), 0) / agents);
  await assertAllAnswer(person, agents);
};

const within = async <Result>(what: string, ms: number, work: Promise<Result>): Promise<Result> => {
  const tooLong = new AbortController();
  try {
    return await Promise.race([work, delay(ms, undefined, { signal: tooLong.signal }).then(() => { throw new Error(`${what} has not ended after ${ms / 1000} s`); })]);
  } finally {
    tooLong.abort();
  }
};

/** A part that fails or hangs is told and counted; the next one goes on with what is there. */
const attempt = async (name: string, metrics: Metrics, work: () => Promise<void>): Promise<void> => {
  tell(`${name} begins`);
  try {
    await within(name, PART_MAY_TAKE_MS, work());
    tell(`${name}: ${JSON.stringify(metrics)}`);
  } catch (error) {
    process.exitCode = 1;
    metrics['failed_parts'] = (metrics['failed_parts'] ?? 0) + 1;
    tell(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const measure = async (site: Site, given: { agents: number; dir: string; monitor: Monitor }, parts: readonly string[]): Promise<Metrics> => {
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
  const swarms = startSwarms({ agents, identities, hubUrl: site.hubUrl, dir: join(dir, 'swarm'), startWithinMs: Math.max(3000, Math.round((agents * 1000) / STARTS_PER_SECOND)) });
  try {
    const all: Fleet = { ...given, site, fleet, swarms, person };
    await attempt('connecting', metrics, () => connectAll(all, metrics));
    swarms.startMore();
    for (const part of parts) {
      await attempt(part, metrics, async () => {
        await person.renew();
        await PARTS[part]?.(all, metrics);
      });
    }
    metrics['agents'] = swarms.total('connectedNow');
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
  const [monitorPort, profilePort] = [await freePort(), await freePort()];
  const environment = process.env['CITRUS_BENCH_LOGS'] ? { CITRUS_LOG_LEVEL: 'warn' } : undefined;
  try {
    const site = await startSite({ natsLines: [`http: "127.0.0.1:${monitorPort}"`, `prof_port: ${profilePort}`], installersDir: writeInstaller(dir), withMetrics: true, ...(environment && { environment }) });
    tell('the system is up');
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => void site.stop().finally(() => process.exit(130)));
    try {
      const metrics = await measure(site, { agents, dir, monitor: { url: `http://127.0.0.1:${monitorPort}`, profileUrl: `http://127.0.0.1:${profilePort}` } }, part === undefined ? Object.keys(PARTS) : [part]);
      metrics['load'] = round(loadavg()[0] ?? NaN);
      return { rows: rowsOf(metrics), metrics };
    } finally {
      await site.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
