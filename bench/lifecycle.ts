/**
 * The life of servers from the request to active, each with its droplet and an agent that enrolled and said hello: one
 * alone, a hundred and a thousand at once. Beside it what the cloud alone takes for as many droplets, in the same run.
 */
import { availableParallelism, loadavg } from 'node:os';
import { processorTime } from './lifecycle/processor-time.ts';
import { callsLeft, signIn, type LoggedEvent, type Person } from './lifecycle/person.ts';
import { startLifecycleSite, type LifecycleSite } from './lifecycle/site.ts';
import { tellStatements, transactionsOf, type Transactions } from './lifecycle/transactions.ts';
import type { Part, Row } from './measure.ts';

const SIZES = [1, 100, 1000] as const;
const ASK_AT_ONCE = 32;
const WARM_UP = 20;

const inParallel = async (count: number, work: (n: number) => Promise<unknown>): Promise<void> => {
  let next = 0;
  const worker = async () => {
    while (next < count) await work((next += 1));
  };
  await Promise.all(Array.from({ length: Math.min(count, ASK_AT_ONCE) }, worker));
};

type Round = { readonly size: number; readonly ids: ReadonlySet<string>; readonly startedAt: number; readonly calls: number; readonly cpuMs: Readonly<Record<string, number>> };

const programTimes = (site: LifecycleSite): Record<string, number> => processorTime(site.home, { swarm: site.swarm.pid ?? 0 });

const runRound = async (site: LifecycleSite, person: Person, size: number): Promise<Round> => {
  await person.renew();
  const [callsBefore, cpuBefore, ids] = [await callsLeft(site.cloud), programTimes(site), new Set<string>()];
  const startedAt = Date.now();
  await inParallel(size, async (n) => ids.add(await person.createServer(`life-${size}-${n}`)));
  await person.untilNoneIsOnTheWay();
  const cpuAfter = programTimes(site);
  const cpuMs = Object.fromEntries(Object.entries(cpuAfter).map(([name, ms]) => [name, ms - (cpuBefore[name] ?? 0)]));
  return { size, ids, startedAt, cpuMs, calls: callsBefore - (await callsLeft(site.cloud)) - 1 };
};

/** The transactions of a round, without those that the same time costs when nobody asks for anything. */
const withTransactions = async (site: LifecycleSite, work: () => Promise<Round>): Promise<{ round: Round; transactions: Transactions }> => {
  const [idleBefore, idleFrom] = [await transactionsOf(site.home), performance.now()];
  const [before, from] = [await transactionsOf(site.home), performance.now()];
  await tellStatements(site.home, 'before');
  const one = await work();
  await tellStatements(site.home, 'after');
  const [after, until] = [await transactionsOf(site.home), performance.now()];
  const ofIdle = (name: string): number => (((before[name] ?? 0) - (idleBefore[name] ?? 0)) / (from - idleFrom)) * (until - from);
  return { round: one, transactions: Object.fromEntries(Object.entries(after).map(([name, count]) => [name, (count - (before[name] ?? 0) - ofIdle(name)) / one.size])) };
};

/** As many creates, straight to the cloud and until each is active: what no provisioner can beat here. */
const bareDroplets = async ({ cloud: { url, token } }: LifecycleSite, count: number): Promise<number> => {
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return (await response.json()) as { droplet: { id: number; status: string } };
  };
  const startedAt = performance.now();
  await inParallel(count, async (n) => {
    let { droplet } = await ask('POST', '/v2/droplets', { name: `bare-${n}`, region: 'sfo3', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64', user_data: '#!/bin/sh\n' });
    while (droplet.status !== 'active') ({ droplet } = await ask('GET', `/v2/droplets/${droplet.id}`));
  });
  return (count * 1000) / (performance.now() - startedAt);
};

/** By the logs' own times, which are of this machine too. */
const secondsOf = ({ ids, size, startedAt }: Round, events: readonly LoggedEvent[]): number => {
  const activated = events.filter(({ type, data }) => type === 'ServerActivated' && data.serverId !== undefined && ids.has(data.serverId));
  if (new Set(activated.map(({ data }) => data.serverId)).size !== size) throw new Error(`of ${size} servers only ${activated.length} became active`);
  return (Math.max(...activated.map(({ at }) => Date.parse(at))) - startedAt) / 1000;
};

const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

type Seen = { readonly rounds: readonly Round[]; readonly transactions: Transactions; readonly events: readonly LoggedEvent[]; readonly bare: number };

const figuresOf = ({ rounds, transactions, events, bare }: Seen): Part => {
  const load = round(loadavg()[0] ?? NaN);
  const perSecond = rounds.map((one) => ({ ...one, seconds: secondsOf(one, events), rate: one.size / secondsOf(one, events) }));
  const last = perSecond.at(-1);
  if (!last) throw new Error('nothing was measured');
  const during = events.filter(({ at }) => Date.parse(at) >= last.startedAt && Date.parse(at) <= last.startedAt + last.seconds * 1000).length;
  const cpu = Object.entries(last.cpuMs).map(([name, ms]) => ({ name, each: ms / last.size })).toSorted((a, b) => b.each - a.each);
  const cpuMs = cpu.reduce((sum, { each }) => sum + each, 0);
  const sum = Object.values(transactions).reduce((total, each) => total + each, 0);
  const rows: Row[] = [
    ...perSecond.map(({ size, rate }) => ({ name: `servers, ${size} at once, request to active`, unit: 'servers/s', ours: round(rate, 2), ...(size === last.size && { peer: round(bare), peerName: 'droplets alone, create to active', ratio: rate / bare }) })),
    { name: `events in all logs, ${last.size} at once`, unit: 'events/s', ours: round(during / last.seconds) },
    { name: 'events for each server', unit: '', ours: round(during / last.size) },
    { name: 'requests to the cloud for each server', unit: '', ours: round(last.calls / last.size, 2) },
    { name: 'processor time for each server, all programs', unit: 'ms', ours: round(cpuMs) },
    ...cpu.map(({ name, each }) => ({ name: `  of that ${name}`, unit: 'ms', ours: round(each, 2) })),
    { name: 'transactions for each server, all databases', unit: '', ours: round(sum) },
    ...Object.entries(transactions).map(([name, each]) => ({ name: `  of that ${name}`, unit: '', ours: round(each) })),
    { name: 'servers that the processors could bear', unit: 'servers/s', ours: round((1000 * availableParallelism()) / cpuMs) },
    { name: 'load average after', unit: '', ours: load },
  ];
  const rates = Object.fromEntries(perSecond.map(({ size, rate }) => [`servers_per_s_${size}`, round(rate, 2)]));
  return { rows, metrics: { ...rates, events_per_s: round(during / last.seconds), requests_per_server: round(last.calls / last.size, 2), vs_bare: round(last.rate / bare, 4), cpu_ms_per_server: round(cpuMs), transactions_per_server: round(sum), load } };
};

/** @param part how many servers the last round has, if not a thousand */
export const benchLifecycle = async (part?: string): Promise<Part> => {
  const most = part === undefined ? undefined : Number(part);
  if (most !== undefined && !Number.isInteger(most)) throw new Error('the part of lifecycle is a number of servers, like 200');
  const sizes = most === undefined ? SIZES : [...SIZES.filter((size) => size < most), most];
  const site = await startLifecycleSite();
  try {
    const person = await signIn(site.credentials);
    await runRound(site, person, WARM_UP);
    const rounds: Round[] = [];
    for (const size of sizes.slice(0, -1)) rounds.push(await runRound(site, person, size));
    const { round: last, transactions } = await withTransactions(site, () => runRound(site, person, sizes.at(-1) ?? 1));
    rounds.push(last);
    const events = await person.history();
    const bare = await bareDroplets(site, sizes.at(-1) ?? 1);
    return figuresOf({ rounds, transactions, events, bare });
  } finally {
    await site.stop();
  }
};
