/** `GET` and `POST /api/servers` of the real system and of a bare Fastify route with the same payload, in turns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processorTime } from '../lifecycle/processor-time.ts';
import type { LifecycleSite } from '../lifecycle/site.ts';
import { startChild } from '../fleet/children.ts';
import { median, type Row } from '../measure.ts';
import type { Visitor } from './visitor.ts';

export type Loaded = { readonly perSecond: number; readonly answers: number; readonly p50Ms: number; readonly p99Ms: number; readonly statuses: Readonly<Record<string, number>> };
type Asked = { readonly method: 'GET' | 'POST'; readonly path: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly isNumbered?: boolean };

const CONNECTIONS = 16;
const ROUNDS = 5;
/** Each load is a process that ends with this one. */
process.setMaxListeners(100);

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

const load = async (url: string, asked: Asked, forMs: number): Promise<Loaded> => {
  const child = startChild('hub/load', [JSON.stringify({ url, headers: {}, connections: CONNECTIONS, forMs, ...asked })]);
  return (await child.next('perSecond')) as unknown as Loaded;
};

const insist = (loaded: Loaded, status: string, what: string): Loaded => {
  if (Object.keys(loaded.statuses).join() !== status) throw new Error(`${what} was answered with ${JSON.stringify(loaded.statuses)}`);
  return loaded;
};

/** Processor time of one program for one answer, which a busy machine changes less than the time it takes. */
const costOf = async (site: LifecycleSite & { readonly barePid: number }, program: string, work: () => Promise<Loaded>): Promise<Loaded & { readonly cpuMs: number }> => {
  const times = () => processorTime(site.home, { bare: site.barePid })[program] ?? NaN;
  const before = times();
  const loaded = await work();
  return { ...loaded, cpuMs: (times() - before) / loaded.answers };
};

type Figures = { readonly rows: readonly Row[]; readonly metrics: Readonly<Record<string, number>> };

export const measureRequests = async (given: LifecycleSite, person: Visitor, { servers, forMs }: { servers: number; forMs: number }): Promise<Figures> => {
  for (let n = 0; n < servers; n += 1) await person.ask('POST', '/api/servers', { name: `seen-${n}` });
  await person.untilNothingIsOnTheWay();
  const payload = await person.ask<{ items: object[] }>('GET', '/api/servers?limit=50');
  const [payloadFile, createdFile] = [join(given.home, 'payload.json'), join(given.home, 'created.json')];
  writeFileSync(payloadFile, JSON.stringify(payload));
  writeFileSync(createdFile, JSON.stringify(payload.items[0]));
  const bare = startChild('hub/bare', [payloadFile, createdFile]);
  try {
    const { url: bareUrl } = (await bare.next('url')) as { url: string };
    const site = { ...given, barePid: bare.pid };
    const { url } = given.credentials;
    const signed = async () => {
      await person.renew();
      return { authorization: `Bearer ${person.token()}` };
    };
    // Of a list without servers: who is online changes with every heartbeat, and the ETag with it.
    const none = { method: 'GET', path: '/api/servers?limit=50&name=none' } as const;
    const etagged = await fetch(`${url}${none.path}`, { headers: await signed() });
    const etag = etagged.headers.get('etag') ?? '';
    await etagged.arrayBuffer();
    const get = { method: 'GET', path: '/api/servers?limit=50' } as const;
    const post = { method: 'POST', path: '/api/servers' } as const;
    const body = JSON.stringify({ name: 'made-{n}' });
    const ours = async (asked: Asked, status: string) => insist(await load(url, { ...asked, headers: { ...asked.headers, ...(await signed()) } }, forMs), status, `${asked.method} ${asked.path}`);
    const bareGet = () => load(bareUrl, get, forMs);
    const barePost = () => load(bareUrl, { ...post, body, isNumbered: true }, forMs);
    await bareGet();
    await ours(get, '200');
    const gets: { ours: Awaited<ReturnType<typeof costOf>>; bare: Awaited<ReturnType<typeof costOf>> }[] = [];
    for (let n = 0; n < ROUNDS; n += 1) gets.push({ bare: await costOf(site, 'bare', bareGet), ours: await costOf(site, 'hub', () => ours(get, '200')) });
    const unchanged = await costOf(site, 'hub', () => ours({ ...none, headers: { 'if-none-match': etag } }, '304'));
    const small = await costOf(site, 'hub', () => ours(none, '200'));
    const asked = await costOf(site, 'hub', () => ours({ ...none, path: `${none.path}-{n}`, isNumbered: true }, '200'));
    const refused = await costOf(site, 'hub', () => ours({ ...post, body: '{"name":1}' }, '400'));
    const posts: { ours: Awaited<ReturnType<typeof costOf>>; bare: Awaited<ReturnType<typeof costOf>> }[] = [];
    for (let n = 0; n < ROUNDS; n += 1) posts.push({ bare: await costOf(site, 'bare', barePost), ours: await costOf(site, 'hub', () => ours({ ...post, body: JSON.stringify({ name: `made-${n}-{n}` }), isNumbered: true }, '202')) });
    const of = (rounds: typeof gets, pick: (one: (typeof gets)[number]) => number) => median(rounds.map(pick));
    const ratio = (rounds: typeof gets) => of(rounds, (one) => one.ours.perSecond / one.bare.perSecond);
    const row = (name: string, rounds: typeof gets): Row[] => [
      { name, unit: 'requests/s', ours: round(of(rounds, (one) => one.ours.perSecond), 0), peer: round(of(rounds, (one) => one.bare.perSecond), 0), ratio: ratio(rounds), peerName: 'bare Fastify, same payload' },
      { name: '  99 % are answered within', unit: 'ms', ours: round(of(rounds, (one) => one.ours.p99Ms)), peer: round(of(rounds, (one) => one.bare.p99Ms)), peerName: 'bare Fastify' },
      { name: '  processor time of the hub', unit: 'ms', ours: round(of(rounds, (one) => one.ours.cpuMs), 3), peer: round(of(rounds, (one) => one.bare.cpuMs), 3), peerName: 'bare Fastify' },
    ];
    const part = (name: string, one: Awaited<ReturnType<typeof costOf>>): Row[] => [{ name: `  ${name}`, unit: 'requests/s', ours: round(one.perSecond, 0) }, { name: '    processor time of the hub', unit: 'ms', ours: round(one.cpuMs, 3) }];
    return {
      rows: [
        ...row('GET /api/servers, 50 servers, from memory', gets),
        ...part('an empty list from memory: gate, routing, headers, log', small),
        ...part('the same, not modified (304)', unchanged),
        ...part('an empty list, each another question: with the request to the service', asked),
        ...row('POST /api/servers', posts),
        ...part('refused by its schema: all but the request to the service', refused),
      ],
      metrics: { get_servers_vs_fastify: round(ratio(gets)), post_servers_vs_fastify: round(ratio(posts), 4), get_servers_per_s: round(of(gets, (one) => one.ours.perSecond), 0), get_servers_p99_ms: round(of(gets, (one) => one.ours.p99Ms)), post_servers_per_s: round(of(posts, (one) => one.ours.perSecond), 0), post_servers_p99_ms: round(of(posts, (one) => one.ours.p99Ms)) },
    };
  } finally {
    await bare.stop();
  }
};
