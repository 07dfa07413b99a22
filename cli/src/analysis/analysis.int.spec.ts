/** The real engine: what it writes, what it shows, and what it must not be talked into. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withEngine, type Engine } from './duckdb.ts';
import { lineForEngine, mergeParquet, writeParquet } from './parquet.ts';
import { openSandbox, runQuery } from './sandbox.ts';
import { jsonValue } from './values.ts';

const project = '66666666-6666-4666-8666-666666666666';
const server = '0198c0de-0000-7000-8000-000000000001';
const job = '0198c0de-0000-7000-8000-000000000002';

let position = 0;
const event = <Data extends object = object>(type: string, stream: string, { second, streamVersion, service = stream.startsWith('job') ? 'agent-mgmt' : 'provisioning', data = {} as Data }: { second: number; streamVersion: number; service?: string; data?: Data }) => ({
  id: `0198c0de-0000-7000-8000-${String((position += 1)).padStart(12, '0')}`, type, version: 1, stream, streamVersion, position, service,
  at: new Date(Date.UTC(2026, 10, 21, 10, 0, second)).toISOString(), actor: { kind: 'user', id: 'u' }, projectId: project, correlationId: 'c', data,
});

const events = () => {
  position = 0;
  const [s, j] = [`server-${server}`, `job-${job}`];
  return [
    event('ServerRequested', s, { second: 0, streamVersion: 1, data: { serverId: server, spec: { name: "web-1's", region: 'sfo3' }, at: 'x' } }),
    event('DropletAccepted', s, { second: 2, streamVersion: 2 }),
    event('DropletReady', s, { second: 5, streamVersion: 3 }),
    event('ServerActivated', s, { second: 15, streamVersion: 4 }),
    event('JobQueued', j, { second: 16, streamVersion: 1, data: { serverId: server, installer: 'nginx', action: 'install', priority: 'normal', expiresAt: '2026-11-22T10:00:00.000Z', idempotent: true, timeoutSeconds: 120 } }),
    event('JobDispatched', j, { second: 17, streamVersion: 2 }),
    event('JobStarted', j, { second: 18, streamVersion: 3 }),
    event('JobFinished', j, { second: 20, streamVersion: 4, data: { status: 'failed', exitCode: 12, reason: 'no space' } }),
  ];
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'citrus-analysis-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parquetOf = async (engine: Engine, name: string, rows: readonly object[]): Promise<string> => {
  const [ndjson, parquet] = [join(folder, `${name}.ndjson`), join(folder, `${name}.parquet`)];
  writeFileSync(ndjson, rows.map((row) => `${lineForEngine(JSON.stringify(row))}\n`).join(''));
  expect(await writeParquet(engine, ndjson, parquet)).toBe(rows.length);
  return parquet;
};

const asked = (query: string, rows: readonly object[] = events()): Promise<unknown[]> =>
  withEngine(async (engine) => {
    await openSandbox(engine, { parquet: [await parquetOf(engine, 'events', rows)], spillFolder: join(folder, 'spill') }, query);
    const { columns, chunks } = await runQuery(engine, query);
    const answers: unknown[] = [];
    for await (const chunk of chunks) for (const row of chunk) answers.push(Object.fromEntries(row.map((value, index) => [columns[index], jsonValue(value)])));
    return answers;
  });

describe('Parquet', () => {
  test('is the same bytes for the same events, whatever their order was', async () => {
    const bytes = await withEngine(async (engine) => [await parquetOf(engine, 'a', events()), await parquetOf(engine, 'b', events().toReversed())].map((file) => readFileSync(file)));
    expect(bytes[0]?.equals(bytes[1] ?? Buffer.of())).toBe(true);
  });

  test('takes whatever a log takes', async () => {
    const texts = ['\ud800', '\udc00\ud83d', 'a\0b', '\\ud800', '\\\ud800', '🍊 \ud83dx', '__proto__', '"'];
    const rows = await asked('select actor_id, data from events order by position', texts.map((text, index) => event('Said', 'talk-1', { second: index, streamVersion: index + 1, data: { text, [`${text}key`]: 1 } })).map((row) => ({ ...row, actor: { kind: 'agent', id: row.data.text } })));
    const told = texts.map((text) => text.toWellFormed());
    expect(rows.map((row) => (row as { actor_id: string }).actor_id)).toEqual(told);
    expect(rows.map((row) => JSON.parse((row as { data: string }).data) as object)).toEqual(told.map((text) => ({ text, [`${text}key`]: 1 })));
  });

  test('can be merged, and be of nothing', async () => {
    const [first, ...rest] = events();
    await withEngine(async (engine) => {
      const parts = [await parquetOf(engine, 'a', rest), await parquetOf(engine, 'b', []), await parquetOf(engine, 'c', first ? [first] : [])];
      await mergeParquet(engine, parts, join(folder, 'merged.parquet'));
      await openSandbox(engine, { parquet: [join(folder, 'merged.parquet')], spillFolder: join(folder, 'spill') });
      const { chunks } = await runQuery(engine, 'select position from events');
      const positions: unknown[] = [];
      for await (const chunk of chunks) positions.push(...chunk.flat());
      expect(positions).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
    });
  });
});

describe('what an analyst finds', () => {
  test('events with typed columns', async () => {
    expect(await asked('select position, recorded_at, aggregate, aggregate_id, actor_kind, data from events limit 1')).toEqual([
      { position: 1, recorded_at: '2026-11-21T10:00:00.000Z', aggregate: 'server', aggregate_id: server, actor_kind: 'user', data: `{"serverId":"${server}","spec":{"name":"web-1's","region":"sfo3"},"at":"x"}` },
    ]);
  });

  test('how long each step of a server took', async () => {
    expect(await asked('select step, seconds from server_steps order by number')).toEqual([{ step: 'creating', seconds: 2 }, { step: 'provisioning', seconds: 3 }, { step: 'initializing', seconds: 10 }, { step: 'active', seconds: null }]);
    expect(await asked('select name, status, seconds_to_active, attempts from servers')).toEqual([{ name: "web-1's", status: 'active', seconds_to_active: 15, attempts: 1 }]);
  });

  test('how jobs ended', async () => {
    expect(await asked('select server_name, installer, status, exit_code, reason, seconds_waited, seconds_ran, attempts from jobs')).toEqual([
      { server_name: "web-1's", installer: 'nginx', status: 'failed', exit_code: 12, reason: 'no space', seconds_waited: 2, seconds_ran: 2, attempts: 1 },
    ]);
  });

  test('a view for each type of event, with the types of its fields', async () => {
    expect(await asked('select installer, expires_at, idempotent, timeout_seconds from job_queued')).toEqual([{ installer: 'nginx', expires_at: '2026-11-22T10:00:00.000Z', idempotent: true, timeout_seconds: 120 }]);
  });

  test('nothing, in a log without events', async () => {
    expect(await asked('select count(*) n from servers', [])).toEqual([{ n: 0 }]);
  });
});

describe('a query', () => {
  test.each([
    "select * from read_text('/etc/passwd')", "select * from read_csv('/etc/passwd')", "from '/etc/passwd'", "select * from glob('/etc/*')", "select * from read_json('http://127.0.0.1:1/')",
    "copy events to '/tmp/citrus-escape.csv'", 'drop view events', 'set enable_external_access = true', "attach '/tmp/citrus-escape.db'", 'create table t (a int)', 'install httpfs', 'load httpfs',
    "explain analyze copy events to '/tmp/citrus-escape.csv'", 'pragma database_list; select 1', 'select 1; select 2', 'selec', '', '-- nothing', 'select * from nowhere', "select 'a'::int",
    "select * from query('copy events to ''/tmp/citrus-escape.csv''')",
  ])('is refused in words: %s', async (query) => {
    await expect(asked(query)).rejects.toMatchObject({ name: 'CliFailure', exit: 2 });
  });
});
