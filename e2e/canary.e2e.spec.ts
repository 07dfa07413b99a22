/**
 * A secret stays one. An installer prints its secrets in every way it can, ends well, badly and never; afterwards they are
 * searched for everywhere: what is stored, what is told, what is answered to whom, what processes show.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Role } from '@citrus/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needlesOf, newSecrets, writeInstallers, type SecretsOf } from './canary-installer.ts';
import { databasesOf, filesOf, openMint, streamsOf, watchProcesses } from './canary-places.ts';
import { Client, type JobView } from './client.ts';
import { finderOf } from './needles.ts';
import { startSystem, type System } from './system.ts';

type Places = ReadonlyMap<string, string>;
type Run = { readonly job: JobView; readonly secrets: SecretsOf };

const installers = mkdtempSync(join(tmpdir(), 'citrus-canary-'));
/** Not sensitive, and therefore in all the places where a secret might have been. */
const note = newSecrets().simple.value;
let system: System;
let client: Client;
let runs: readonly Run[];
let live: string;
let processes: Places;
let answers: Places;

const needles = () => runs.flatMap(({ secrets }) => needlesOf(Object.values(secrets).flatMap(({ marks }) => marks)));
/** A line for each needle that is somewhere it must not be. */
const search = (places: Places): string[] => {
  const find = finderOf(needles());
  return [...places].flatMap(([place, text]) => {
    const hit = find(text);
    return hit === undefined ? [] : [`${place}: …${text.slice(Math.max(0, hit.at - 120), hit.at + 160)}…`];
  });
};
const whereNoteIs = (places: Places): string[] => [...places].filter(([, text]) => text.includes(note)).map(([place]) => place);

/** Everything that a stream says until it is closed, byte by byte. */
const listen = (path: string, token: string) => {
  const abort = new AbortController();
  let text = '';
  const running = (async () => {
    const response = await fetch(`${system.url}${path}`, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal });
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  })().catch(() => undefined);
  return {
    stop: async () => {
      abort.abort();
      await running;
      return text;
    },
  };
};

/** Every address that can be read, as everybody. */
const askEverything = async (tokens: ReadonlyMap<string, string>, serverId: string): Promise<Places> => {
  const { body: document } = await client.get<{ paths: Record<string, Record<string, unknown>> }>('/api/openapi.json');
  const found = new Map([['the OpenAPI document', JSON.stringify(document)]]);
  const paths = Object.entries(document.paths).filter(([path, methods]) => 'get' in methods && !path.endsWith('/stream')).map(([path]) => path);
  expect(paths.length).toBeGreaterThan(15);
  for (const [caller, token] of tokens) {
    for (const path of paths) {
      const ids = path.startsWith('/api/jobs/') ? runs.map(({ job }) => job.id) : [serverId];
      for (const id of path.includes('{') ? ids : ['']) {
        const address = path.replaceAll(/\{[^}]+\}/g, id);
        const response = await fetch(`${system.url}${address}`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(60_000) });
        found.set(`${caller}: GET ${address} (${response.status})`, `${JSON.stringify([...response.headers])}\n${await response.text()}`);
      }
    }
  }
  return found;
};

const runAll = async (serverId: string): Promise<Run[]> => {
  const done: Run[] = [];
  for (const [installer, ending] of [['careless', 'well'], ['careless', 'badly'], ['hurried', 'never']] as const) {
    const secrets = newSecrets();
    const inputs = Object.fromEntries(Object.entries(secrets).map(([id, { value }]) => [id, id === 'pin' ? Number(value) : value]));
    const { id } = await client.createJob({ serverId, installer, inputs: { note, ending, ...inputs } });
    const followed = client.followJob(id);
    done.push({ job: await client.jobEnds(id), secrets });
    live += JSON.stringify((await followed).messages);
  }
  return done;
};

beforeAll(async () => {
  writeInstallers(installers);
  system = await startSystem({ driver: 'process', env: { CITRUS_INSTALLERS_DIR: installers, CITRUS_LOG_LEVEL: 'debug' } });
  client = await new Client(system.credentials).signIn();
  const { id: serverId } = await client.createServer('web-1');
  await client.serverIs(serverId, 'active');
  const projectId = (await client.get<{ memberships: { projectId: string }[] }>('/api/auth/me')).body.memberships[0]?.projectId ?? '';
  const mint = await openMint(system);
  const tokens = new Map<string, string>();
  for (const role of Role.options) tokens.set(role, await mint({ memberships: [{ projectId, role }] }));
  tokens.set('administrator', await mint({ adm: true }));
  const watch = watchProcesses();
  const events = listen('/api/events/stream', tokens.get('owner') ?? '');
  live = '';
  runs = await runAll(serverId);
  live += await events.stop();
  processes = await watch.stop();
  answers = await askEverything(tokens, serverId);
});
afterAll(async () => {
  await system?.dispose();
  rmSync(installers, { recursive: true, force: true });
});

describe('a job with secrets', () => {
  test('ended as it was meant to, with everything said', () => {
    expect(runs.map(({ job }) => job.status)).toEqual(['succeeded', 'failed', 'timed_out']);
    expect(live.split('everything is said').length - 1).toBeGreaterThanOrEqual(3);
    expect(live).toContain('********');
  });

  test('T807. leaves none of them in any database', async () => {
    const places = await databasesOf(system);
    expect(search(places)).toEqual([]);
    expect(whereNoteIs(places)).toEqual(expect.arrayContaining(['citrus_agent_mgmt: jobs', 'citrus_agent_mgmt: job_log', expect.stringMatching(/citrus_agent_mgmt: .*events/)]));
  });

  test('T807. leaves none of them in any stream', async () => {
    const places = await streamsOf(system);
    expect(search(places)).toEqual([]);
    expect(whereNoteIs(places)).toEqual(expect.arrayContaining(['stream EVENTS_agent-mgmt', 'stream LOGS']));
  });

  test('T807. tells none of them to anybody who asks or follows', () => {
    expect(search(answers)).toEqual([]);
    expect(search(new Map([['live streams', live]]))).toEqual([]);
    expect(live).toContain(note);
    const seenBy = new Set(whereNoteIs(answers).map((place) => place.split(':')[0]));
    expect([...seenBy]).toEqual(expect.arrayContaining(['viewer', 'operator', 'admin', 'owner']));
  });

  test('T807. shows none of them in the command line or environment of any process', () => {
    expect(search(processes)).toEqual([]);
    expect([...processes.keys()].filter((place) => place.includes('of the script')).length).toBeGreaterThan(0);
    expect(processes.size).toBeGreaterThan(10);
  });

  test('T807. leaves none of them on any disk: services\' logs, agents\' folders, the files of databases and streams', () => {
    const places = filesOf(system.home);
    expect(search(places)).toEqual([]);
    const agents = whereNoteIs(places);
    expect(agents.filter((place) => /\/jobs\/[^/]+\.log$/.test(place)).length).toBeGreaterThanOrEqual(3);
    expect([...places.keys()].filter((place) => /secret-[A-Z]+\.txt$/.test(place))).toEqual([]);
  });

  test('is refused in words that do not repeat them, when one is too short to be masked or another input is wrong', async () => {
    const secrets = newSecrets();
    const inputs = Object.fromEntries(Object.entries(secrets).map(([id, { value }]) => [id, id === 'pin' ? Number(value) : value]));
    const ask = (over: object) => client.request('POST', '/api/jobs', { body: { serverId: runs[0]?.job.serverId, installer: 'careless', action: 'install', inputs: { note, ending: 'well', ...inputs, ...over } } });
    // The search before may take longer than a token lives.
    await client.signIn();
    const short = await ask({ simple: 'abc' });
    expect(short).toMatchObject({ status: 422, body: { fields: [{ path: 'inputs.simple', message: 'must have at least 4 characters, so that it can be masked in logs' }] } });
    const wrong = await ask({ pin: secrets.simple.value });
    expect(wrong.status).toBe(422);
    const said = JSON.stringify([short, wrong]);
    for (const needle of needlesOf(Object.values(secrets).flatMap(({ marks }) => marks))) expect(said).not.toContain(needle);
    expect(search(new Map([['logs', [...filesOf(join(system.home, 'logs')).values()].join('\n')]]))).toEqual([]);
  });
});
