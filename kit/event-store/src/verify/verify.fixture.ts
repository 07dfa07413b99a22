/** A sealed log of a few streams, and everything that a superuser might do to it, as SQL. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { LogProblem, LogVerification } from '@citrus/contracts';
import { added, context, PROJECT, test as base, type TestLog } from '../log.fixture.ts';
import { asSuperuser } from '../superuser.fixture.ts';
import { gatherSeals } from './seal-book.ts';
import { openSealFile, type SealFile } from './seal-file.ts';
import { newSealKey } from './seal-keys.ts';
import { createSealJudge, keyIdOf, makeSeal, rawPublicKeyOf, type Seal } from './seal.ts';
import { verifyLog, type VerifyOptions } from './verify-log.ts';

export const EVENTS = 47;
/** Chunks and seals have different sizes, so that their borders fall apart: seals end at 10, 20, 30 and 40. */
export const CHUNK = 7;
export const SEALED = 10;

const privateKey = createPrivateKey(newSealKey());
const raw = rawPublicKeyOf(createPublicKey(privateKey));
export const KEY = { current: { keyId: keyIdOf(raw), privateKey }, publicKeys: { [keyIdOf(raw)]: raw } };

export const fill = async ({ store }: TestLog, events = EVENTS): Promise<void> => {
  for (let n = 1; n <= events; n += 1) await store.append({ stream: `account-${(n % 3) + 1}`, expected: 'any', events: [n % 2 ? added(n) : { type: 'Noted', data: { serverId: 'server-1', n } }], context: context(n % 4 ? { projectId: PROJECT } : {}) });
};

/** Seals the whole log but its last few events, as the service does it. */
const sealAll = async ({ pool }: TestLog, file: SealFile): Promise<Seal[]> => {
  const { rows } = await pool.query<{ hash: Buffer }>('select hash from events order by position');
  const seals: Seal[] = [];
  for (let from = 0; from + SEALED <= rows.length; from += SEALED) {
    const hashes = rows.slice(from, from + SEALED).map(({ hash }) => hash);
    const seal = makeSeal({ service: 'provisioning', after: seals.at(-1), hashes, at: '2026-11-21T10:00:00.000Z' }, KEY.current);
    await file.add(seal, hashes);
    seals.push(seal);
  }
  return seals;
};

export const bookOf = (seals: readonly Seal[]) => gatherSeals([{ place: 'the file', mayBeBehind: true, damaged: 0, seals }], createSealJudge(KEY.publicKeys));

/** The whole log, chunk by chunk, as somebody who watches asks for it. */
export const verifyAll = async (options: Omit<VerifyOptions, 'after' | 'limit' | 'publicKeys'> & { readonly limit?: number }): Promise<{ problems: LogProblem[]; last: LogVerification }> => {
  const problems: LogProblem[] = [];
  for (let [after, hash]: [number, string | undefined] = [0, undefined]; ; ) {
    const last = await verifyLog({ limit: CHUNK, publicKeys: KEY.publicKeys, ...options, after, hash });
    problems.push(...last.problems);
    if (last.position >= last.head) return { problems, last };
    [after, hash] = [last.position, last.hash];
  }
};

/** As the log computes it, in one statement; what a forger brings along. */
const FORGERS_TOOLS = [
  'create function forged_step(state bytea, first bytea, bytes bytea) returns bytea language sql immutable as $$ select sha256(coalesce(state, first) || bytes) $$',
  'create aggregate forged_chain(first bytea, bytes bytea) (sfunc = forged_step, stype = bytea)',
];
const RECHAIN = (from: number) => `
  with chained as (
    select position, forged_chain(coalesce((select hash from events where position = ${from - 1}), decode(repeat('00', 32), 'hex')), convert_to(concat_ws(E'\\n', position, event_id, stream_id, version, type, schema_version,
      to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), octet_length(meta::text), meta, data), 'UTF8')) over (order by position) as hash
    from events where position >= ${from}
  ) update events set hash = chained.hash from chained where chained.position = events.position`;
const HEAD = 'update log_head set (position, hash) = (select position, hash from events order by position desc limit 1)';
const STREAMS = [
  'with dense as (select position, row_number() over (partition by stream_id order by position) as version from events) update events set version = dense.version from dense where dense.position = events.position',
  'delete from streams',
  'insert into streams (stream_id, version, last_position) select stream_id, max(version), max(position) from events group by stream_id',
];

/** So that positions can be moved by one without meeting each other. */
const FAR = 1_000_000;

/** By what was done; each leaves no other trace than itself. */
export const attacks = {
  'its payload edited': (at: number) => [`update events set data = '{"amount":1000000}' where position = ${at}`],
  'its payload respelt': (at: number) => [`update events set data = (' ' || data::text)::json where position = ${at}`],
  'its actor edited': (at: number) => [`update events set meta = replace(meta::text, '"test"', '"nobody"')::json where position = ${at}`],
  'its payload replaced by null': (at: number) => [`update events set data = 'null', meta = '7' where position = ${at}`],
  'its type edited': (at: number) => [`update events set type = 'Removed' where position = ${at}`],
  'its time edited': (at: number) => [`update events set recorded_at = recorded_at + interval '1 millisecond' where position = ${at}`],
  'its time edited below the millisecond': (at: number) => [`update events set recorded_at = recorded_at + interval '1 microsecond' where position = ${at}`],
  'its stream edited': (at: number) => [`update events set stream_id = 'account-9' where position = ${at}`],
  'its id edited': (at: number) => [`update events set event_id = gen_random_uuid() where position = ${at}`],
  'its schema version edited': (at: number) => [`update events set schema_version = 9 where position = ${at}`],
  'its hash edited': (at: number) => [`update events set hash = sha256('x') where position = ${at}`],
} as const satisfies Record<string, (at: number) => string[]>;

export const columnAttacks = {
  'its stream version edited': (at: number) => [`update events set version = version + 100 where position = ${at}`, RECHAIN(at), HEAD],
  'its project column edited': (at: number) => [`update events set project_id = gen_random_uuid() where position = ${at}`],
  'its server column edited': (at: number) => [`update events set about = 'server-7' where position = ${at}`],
} as const satisfies Record<string, (at: number) => string[]>;

export const rewrites = {
  'its payload edited': (at: number) => [`update events set data = '{"amount":1000000}' where position = ${at}`, RECHAIN(at), HEAD],
  'the event taken out and the rest moved up': (at: number) => [
    `delete from events where position = ${at}`,
    `update events set position = position + ${FAR} where position > ${at}`, `update events set position = position - ${FAR + 1} where position > ${FAR}`, ...STREAMS, RECHAIN(1), HEAD,
  ],
  'an event put in and the rest moved down': (at: number) => [
    `update events set position = position + ${FAR} where position >= ${at}`, `update events set position = position - ${FAR - 1} where position > ${FAR}`,
    `insert into events select ${at}, 'account-1', 1, gen_random_uuid(), type, schema_version, data, meta, project_id, about, recorded_at, hash from events where position = ${at === 1 ? 2 : at - 1}`,
    ...STREAMS, RECHAIN(1), HEAD,
  ],
} as const satisfies Record<string, (at: number) => string[]>;

export const swapped = (a: number, b: number) => [`update events as e set data = o.data, meta = o.meta, type = o.type, event_id = o.event_id from events as o where (e.position, o.position) in ((${a}, ${b}), (${b}, ${a}))`];
export const truncated = (at: number) => [`delete from events where position > ${at}`, ...STREAMS, HEAD];

export type SealedLog = { readonly log: TestLog; readonly file: SealFile; readonly seals: Seal[]; attack(...statements: readonly string[]): Promise<LogProblem[]> };

/** A log that is as new after each attack. */
export const test = base.extend('sealed', async ({ log, database }, { onCleanup }): Promise<SealedLog> => {
  await fill(log);
  const dir = await mkdtemp(join(tmpdir(), 'citrus-seals-'));
  onCleanup(() => rm(dir, { recursive: true, force: true }));
  const file = openSealFile(dir, 'provisioning');
  const seals = await sealAll(log, file);
  const tables = ['events', 'streams', 'log_head'];
  await asSuperuser(database.superuserUrl, ...tables.map((table) => `create table kept_${table} as select * from ${table}`), ...FORGERS_TOOLS, 'grant all on all tables in schema public to public');
  return {
    log, file, seals,
    attack: async (...statements) => {
      await asSuperuser(database.superuserUrl, ...statements);
      const { problems } = await verifyAll({ pool: log.pool, book: bookOf(seals), firstUnlike: (from, hashes) => file.firstUnlike(from, hashes) });
      await asSuperuser(database.superuserUrl, ...tables.flatMap((table) => [`truncate ${table}`, `insert into ${table} select * from kept_${table}`]));
      return problems;
    },
  };
});
