/**
 * What the `citrus` command tells about history is true: the commands of docs/history.md as they stand there, and what
 * they answer compared with the API, on a system where servers were made and jobs run, one of them in vain.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adminUrl } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { Client as Database } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShell, type Ran, type Shell } from './citrus.ts';
import { Client, type JobView, type ServerView } from './client.ts';
import { startSystem, type System } from './system.ts';

type Event = { id: string; type: string; service: string; position: number; stream: string; at: string; actor: { kind: string; id: string }; data: Record<string, unknown> };
type Page<T> = { items: T[] };

let system: System;
let client: Client;
let shell: Shell;
let web: ServerView;
let jobs: JobView[];

const document = readFileSync(fileURLToPath(new URL('../docs/history.md', import.meta.url)), 'utf8');

/** The commands of the document: every `sh` block, where a command goes on as long as a quotation mark is open. */
const commands = [...document.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.split('\n').reduce<string[]>((lines, line) => {
    const open = lines.at(-1);
    const isOpen = open !== undefined && (open.match(/"/g)?.length ?? 0) % 2 === 1;
    return isOpen ? [...lines.slice(0, -1), `${open}\n${line}`] : line ? [...lines, line] : lines;
  }, []));

const good = async (line: string): Promise<Ran> => {
  const ran = await shell.run(line);
  expect(ran, line).toMatchObject({ code: 0 });
  return ran;
};
const json = async <T>(line: string): Promise<T> => JSON.parse((await good(`${line} --json`)).out) as T;
const lines = <T>(text: string): T[] => text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as T);
const sql = <T>(query: string): Promise<T[]> => json<T[]>(`citrus history sql "${query}"`);
const everyEvent = async (): Promise<Event[]> => (await client.history()) as Event[];
/** Two answers about one log are the same unless something was recorded between them: then they are compared again. */
const withEveryEvent = async (compare: (all: readonly Event[]) => Promise<void>): Promise<void> => {
  const all = await everyEvent();
  try {
    await compare(all);
  } catch (difference) {
    if ((await everyEvent()).length === all.length) throw difference;
    await withEveryEvent(compare);
  }
};

const runJobs = async (second: ServerView): Promise<JobView[]> => {
  const squatter = createServer().listen(8099, web.ipAddress ?? '');
  await once(squatter, 'listening');
  const ended: JobView[] = [];
  for (const [serverId, site_port] of [[web.id, 8090], [second.id, 8090], [web.id, 8099]] as const) {
    const { id } = await client.createJob({ serverId, installer: 'static-site', inputs: { site_title: 'A page', site_port } });
    ended.push(await client.jobEnds(id));
  }
  squatter.close();
  return ended;
};

beforeAll(async () => {
  system = await startSystem({ driver: 'process' });
  shell = openShell(system.home);
  client = await new Client(system.credentials).signIn();
  const [first, second] = [await client.createServer('web-1'), await client.createServer('web-2')];
  web = await client.serverIs(first.id, 'active');
  await client.serverIs(second.id, 'active');
  jobs = await runJobs(second);
  // Long after a server is made its process looks once more for droplets that nobody owns; then the log rests.
  await eventually(async () => expect((await everyEvent()).filter(({ type }) => type === 'StraysRuledOut')).toHaveLength(2), { timeoutMs: 60_000 });
});
afterAll(async () => {
  shell?.dispose();
  await system?.dispose();
});

describe('docs/history.md', () => {
  test('has its five questions, and commands for each', () => {
    expect([...document.matchAll(/^## [1-5]\. .*\?$/gm)]).toHaveLength(5);
    expect(commands.length).toBeGreaterThanOrEqual(15);
  });

  test.each(commands.map((command) => [command]))('%s', async (command) => {
    const { out, err } = await good(command);
    expect(err).not.toContain('citrus:');
    if (!command.includes('>') || command.includes('now()')) expect(out.length + err.length).toBeGreaterThan(10);
  });

  test('1: how long servers took is what their events say', async () => {
    const events = await everyEvent();
    const atOf = (type: string, stream: string) => Date.parse(events.find((event) => event.type === type && event.stream === stream)?.at ?? '');
    const rows = await sql<{ id: string; status: string; seconds_to_active: number; slowest: string }>(
      'select servers.id, status, seconds_to_active, arg_max(step, seconds) as slowest from servers join server_steps on server_id = servers.id group by all');
    expect(rows).toHaveLength(2);
    for (const { id, seconds_to_active } of rows) {
      const stream = `server-${id}`;
      expect(seconds_to_active).toBeCloseTo((atOf('ServerActivated', stream) - atOf('ServerRequested', stream)) / 1000, 2);
    }
  });

  test('2 and 5: jobs in SQL are the jobs of the API', async () => {
    const { body } = await client.get<Page<JobView>>('/api/jobs?limit=200');
    const rows = await sql<{ id: string; status: string; exit_code: number | null; reason: string | null; server_id: string; seconds_waited: number }>('select * from jobs');
    const shown = ({ id, status, reason }: { id: string; status: string; reason?: string | null }) => ({ id, status, reason: reason ?? null });
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(rows.map(shown).sort(byId)).toEqual(body.items.map(shown).sort(byId));
    expect(rows.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual([jobs[2]?.id]);
    expect(rows.every(({ seconds_waited }) => seconds_waited >= 0 && seconds_waited < 60)).toBe(true);
  });

  test('2 and 1: servers in SQL are the servers of the API', async () => {
    const { body } = await client.get<Page<ServerView>>('/api/servers');
    const rows = await sql<Partial<ServerView>>('select id, name, status, region, size from servers order by id');
    expect(rows).toEqual(body.items.map(({ id, name, status, region, size }) => ({ id, name, status, region, size })).sort((a, b) => a.id.localeCompare(b.id)));
  });

  test('3: the state now is what the API shows, and the difference to the beginning is how it came to be', async () => {
    const { body } = await client.get<ServerView>(`/api/servers/${web.id}`);
    const { items: [now] } = await json<Page<{ state: ServerView }>>('citrus history state server/web-1');
    expect(body).toMatchObject(now?.state ?? {});
    const requested = (await everyEvent()).find(({ type, stream }) => type === 'ServerRequested' && stream === `server-${web.id}`);
    const { items: [then] } = await json<Page<{ state: ServerView }>>(`citrus history state server/${web.id} --at ${requested?.service}:${requested?.position}`);
    expect(then?.state).toMatchObject({ name: 'web-1', status: 'creating', ipAddress: null });
    const { items: [change] } = await json<Page<{ changes: { path: string; before: unknown; after: unknown }[] }>>(`citrus history diff server/web-1 --from ${requested?.service}:${requested?.position}`);
    expect(change?.changes).toEqual(expect.arrayContaining([{ path: 'status', before: 'creating', after: 'active' }, { path: 'ipAddress', before: null, after: web.ipAddress }]));
    expect((await json<Page<unknown>>('citrus history state servers --at -1d')).items).toEqual([]);
  });

  test('of causes: an active server is traced back over all logs to the person who asked for it', async () => {
    const [activated] = (await everyEvent()).filter(({ type, stream }) => type === 'ServerActivated' && stream === `server-${web.id}`);
    const { causes, command } = await json<{ causes: Event[]; command: { id: string; actor: Event['actor'] } }>(`citrus history why ${activated?.id ?? 'none'}`);
    expect(causes.map(({ service, type }) => `${service}: ${type}`)).toEqual([
      'agent-mgmt: AgentConnected', 'agent-mgmt: AgentRegistered', 'auth: AgentEnrolled', 'auth: EnrolmentIssued', 'provisioning: ServerRequested',
    ]);
    expect(command).toMatchObject({ id: expect.any(String), actor: { kind: 'user' } });
  });

  test('4: what people did is theirs, and what followed hangs together', async () => {
    const { out } = await good('citrus history show server/web-1 --actor user --json');
    expect(lines<Event>(out).map(({ type, actor }) => `${actor.kind} ${type}`)).toEqual(expect.arrayContaining(['user ServerRequested', 'user JobQueued', 'user JobQueued']));
    type Effect = { event: Event; effects: Effect[] };
    const { event, effects, command } = await json<{ event: Event; effects: Effect[]; command: { actor: Event['actor'] } }>('citrus history why provisioning:2');
    const below = (nodes: Effect[]): string[] => nodes.flatMap((node) => [node.event.type, ...below(node.effects)]);
    expect(event.type).toBe('ServerRequested');
    expect(command.actor.kind).toBe('user');
    expect(below(effects)).toEqual(expect.arrayContaining(['DropletAccepted', 'AgentEnrolled', 'AgentConnected', 'ServerActivated']));
  });
});

describe('the whole history', () => {
  test('as NDJSON is what the API tells, in the same order', async () => {
    await withEveryEvent(async (all) => expect(lines<Event>((await good('citrus history export')).out)).toEqual(all));
    await withEveryEvent(async (all) => expect(lines<Event>((await good('citrus history tail -n 5 --json')).out)).toEqual(all.slice(-5)));
    expect(lines<Event>((await good('citrus history grep "refused its inputs" --json')).out).map(({ type }) => type)).toEqual(['JobFinished']);
  });

  test('as Parquet has as many rows, and twice the same bytes', async () => {
    await withEveryEvent(async () => {
      await good('citrus history export --format parquet --force -o once.parquet && citrus history export --format parquet --force -o twice.parquet');
      expect(readFileSync(join(shell.folder, 'once.parquet')).equals(readFileSync(join(shell.folder, 'twice.parquet')))).toBe(true);
    });
    await withEveryEvent(async ({ length }) => expect(await sql('select count(*) as n, count(distinct id) as ids from events')).toEqual([{ n: length, ids: length }]));
  });

  test('is followed live, over a crash of the hub, without a gap or a double', async () => {
    const places = (events: readonly Event[]) => events.map(({ service, position }) => `${service}:${position}`);
    const already = (await everyEvent()).length;
    const following = shell.start('citrus history tail -f -n 1 --json');
    const told = () => places(lines<Event>(following.output()));
    await expect.poll(() => told().length, { timeout: 20_000 }).toBeGreaterThan(0);
    const [first = ''] = told();
    await system.kill('hub');
    await client.createJob({ serverId: web.id, installer: 'static-site', inputs: { site_title: 'Again', site_port: 8090 } }).then(({ id }) => client.jobEnds(id));
    // An agent may tell something of itself at any time, so what there is is read each time anew.
    await eventually(async () => {
      const seen = told();
      const all = places(await everyEvent());
      expect(all.indexOf(first), 'it begins with the last one').toBeGreaterThanOrEqual(already - 1);
      expect(seen.toSorted()).toEqual(all.slice(all.indexOf(first)).toSorted());
    }, { timeoutMs: 60_000 });
    const gone = once(following.child, 'exit');
    following.child.kill('SIGINT');
    expect(await gone).toEqual([130, null]);
  });
});

describe('what cannot be done is said in words, with a number', () => {
  test.each([
    ['citrus', 2], ['citrus history', 2], ['citrus histroy', 2], ['citrus history show', 2], ['citrus history show "web 1"', 2], ['citrus history show server/nope', 1], ['citrus history show provisioning:999999', 1],
    ['citrus history tail -n 0', 2], ['citrus history tail --from soon', 2], ['citrus history tail --service hub', 2], ['citrus history grep ""', 2], ['citrus history grep "/(/"', 2],
    ['citrus history state', 2], ['citrus history state provisioning:1', 2], ['citrus history state servers --at 2026-02-30', 2], ['citrus history state server/web-1 --at -7d', 1],
    ['citrus history diff servers', 2], ['citrus history diff servers --from now --to -1d', 2], ['citrus history why servers', 2], ['citrus history why auth:999999', 1],
    ['citrus history export --format xml', 2], ['citrus history export --format parquet', 2], ['citrus history export -o /proc/nope/x', 1], ['citrus history sql', 2], ['citrus history sql "selec"', 2],
    ["citrus history sql \"select * from read_text('/etc/passwd')\"", 2], ['citrus history verify --service hub', 2], ['citrus history rebuild', 2], ['citrus history rebuild provisioning/nope', 1],
    ['citrus history projections pause servers', 2], ['citrus login --url nonsense --email a@example.com', 2], ['citrus login --url http://127.0.0.1:1 --email a@example.com <<< x', 4],
  ])('%s', async (line, code) => {
    const ran = await shell.run(line);
    expect(ran).toMatchObject({ code });
    expect(ran.err.length).toBeGreaterThan(20);
    expect(ran.err).not.toMatch(/bug in citrus|\n {4}at /);
  });

  test('an error is JSON for those who asked for JSON', async () => {
    const { err, code } = await shell.run('citrus history show server/nope --json');
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'server.unknown', exit: 1 } });
  });

  test('a reader that leaves is no error', async () => {
    expect(await shell.run('set -o pipefail; citrus history export | head -n 1 >/dev/null')).toMatchObject({ code: 0, err: '' });
  });
});

describe('signing in', () => {
  const nobody = { CITRUS_HOME: '/nonexistent' };

  test('is asked for, works from stdin, and ends', async () => {
    expect(await shell.run('citrus history tail', nobody)).toMatchObject({ code: 3 });
    const { url, email, password } = system.credentials;
    expect(await shell.run(`citrus login --url ${url} --email ${email}`, nobody, 'wrong\n')).toMatchObject({ code: 3 });
    expect(await shell.run(`citrus login --url ${url} --email ${email}`, nobody, `${password}\n`)).toMatchObject({ code: 0 });
    const both = await Promise.all([1, 2, 3].map(() => shell.run('citrus whoami --json', nobody)));
    for (const ran of both) expect(JSON.parse(ran.out)).toMatchObject({ email, url });
    expect(await shell.run('citrus logout', nobody)).toMatchObject({ code: 0 });
    expect(await shell.run('citrus history tail', nobody)).toMatchObject({ code: 3 });
  });
});

const asSuperuser = async (query: string): Promise<void> => {
  const { postgres } = JSON.parse(readFileSync(join(system.home, 'ports.json'), 'utf8')) as { postgres: number };
  const password = readFileSync(join(system.home, 'secrets', 'postgres.password'), 'utf8');
  const database = new Database({ connectionString: adminUrl({ port: postgres, password }, 'citrus_provisioning') });
  await database.connect();
  try {
    await database.query('set session_replication_role = replica');
    await database.query(query);
  } finally {
    await database.end();
  }
};

describe('an owner', () => {
  test('rebuilds a read model beside the one in use, compares and switches', async () => {
    const { items } = await json<Page<object>>('citrus history rebuild provisioning/servers --verify --switch');
    expect(items).toEqual([{ projection: 'provisioning/servers', rows: 2, different: 0, isSwitched: true, differences: [] }]);
    expect((await good('citrus history projections')).out).toMatch(/provisioning\/servers +running/);
    expect((await good('citrus history projections rollback provisioning/servers')).out).toContain('provisioning/servers');
  });

  test('is told where somebody changed the log', async () => {
    await asSuperuser(`update events set data = replace(data::text, 'web-1', 'web-9')::json where position = 2`);
    const { code, out, err } = await shell.run('citrus history verify --service provisioning --json');
    expect(code).toBe(5);
    expect(JSON.parse(out)).toMatchObject({ ok: false, results: [{ service: 'provisioning', problems: [{ position: 2 }] }] });
    expect(err).toContain('provisioning:2');
  });
});

test('a system that is down is said to be down', async () => {
  await system.stop();
  const { code, err } = await shell.run('citrus history tail');
  expect(code).toBe(4);
  expect(err).toContain('cannot be reached');
});
