import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inboxPrefixOf, SEALS_STREAM, SERVICE_RIGHTS, STREAMS } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { added, context, test as base, type TestLog } from '../log.fixture.ts';
import { asSuperuser } from '../superuser.fixture.ts';
import type { SealKeys } from './seal-keys.ts';
import { openSealPlaces, startSealer, type SealingOptions } from './sealer.ts';
import { addSeal } from './seals.store.ts';
import { makeSeal } from './seal.ts';
import { KEY } from './verify.fixture.ts';
import { verifyLog } from './verify-log.ts';

const keys: SealKeys = KEY;

type Place = { readonly nats: NatsConnection; readonly dir: string; readonly options: SealingOptions; start(more?: { everyEvents?: number; everyMs?: number }): ReturnType<typeof startSealer> };

const test = base.extend('place', async ({ nats, log }, { onCleanup }): Promise<Place> => {
  const connection = await connect({ servers: nats.url, inboxPrefix: inboxPrefixOf('provisioning') });
  const { streams } = await jetstreamManager(connection);
  const definition = STREAMS.find(({ name }) => name === SEALS_STREAM);
  await streams.delete(SEALS_STREAM).catch(() => undefined); // left by the test before
  await streams.add({ name: SEALS_STREAM, subjects: [...(definition?.subjects ?? [])], storage: StorageType.File, allow_direct: true });
  const dir = await mkdtemp(join(tmpdir(), 'citrus-sealer-'));
  const options: SealingOptions = { pool: log.pool, service: 'provisioning', keys, dir, nats: connection };
  const sealers: ReturnType<typeof startSealer>[] = [];
  onCleanup(async () => {
    await Promise.all(sealers.map((sealer) => sealer.stop()));
    await connection.close();
    await rm(dir, { recursive: true, force: true });
  });
  const start: Place['start'] = (more) => {
    const sealer = startSealer({ ...options, databaseUrl: log.databaseUrl, everyEvents: 10, everyMs: 3_600_000, ...more });
    sealers.push(sealer);
    return sealer;
  };
  return { nats: connection, dir, options, start };
});

const append = ({ store }: TestLog, events: number) => store.append({ stream: 'account-1', expected: 'any', events: Array.from({ length: events }, (_, n) => added(n)), context: context() });
const sealed = async (options: SealingOptions) => (await openSealPlaces(options).gather()).seals.map(({ from, to }) => [from, to]);
const problemsOf = async ({ pool }: TestLog, options: SealingOptions) => {
  const places = openSealPlaces(options);
  const { problems } = await verifyLog({ pool, after: 0, limit: 1000, book: await places.gather(), publicKeys: keys.publicKeys, firstUnlike: (from, hashes) => places.file.firstUnlike(from, hashes) });
  return problems.map(({ position, kind, message }) => `${position} ${kind}: ${message}`);
};

describe('the sealer', () => {
  test('seals the first event at once, then full stretches, and the rest when it has grown old', async ({ log, place }) => {
    await append(log, 3);
    const sealer = place.start();
    await eventually(() => sealer.status().position === 3);
    await append(log, 25);
    await eventually(() => sealer.status().position === 23);
    await sealer.stop();
    const patient = place.start({ everyMs: 100 });
    await eventually(() => patient.status().position === 28);
    expect(await sealed(place.options)).toEqual([[1, 3], [4, 13], [14, 23], [24, 28]]);
    expect(await problemsOf(log, place.options)).toEqual([]);
  });

  test('of two replicas seals once, and the other goes on when the first has gone', async ({ log, place }) => {
    const [first, second] = [place.start(), place.start()];
    await append(log, 20);
    await eventually(() => Math.max(first.status().position, second.status().position) >= 10);
    const [leader, other] = first.status().leading ? [first, second] : [second, first];
    await leader.stop();
    await append(log, 20);
    await eventually(() => other.status().position >= 30);
    expect(await problemsOf(log, place.options)).toEqual([]);
  });

  test('that meets another one in the middle of its work takes over that one’s seal', async ({ log, place }) => {
    await append(log, 5);
    const hashes = (await log.pool.query<{ hash: Buffer }>('select hash from events order by position')).rows.map(({ hash }) => hash);
    const other = makeSeal({ service: 'provisioning', after: undefined, hashes: hashes.slice(0, 2), at: '2026-11-21T10:00:00.000Z' }, keys.current);
    expect(await addSeal(log.pool, other)).toBe(true);
    expect(await addSeal(log.pool, makeSeal({ service: 'provisioning', after: undefined, hashes, at: '2026-11-21T10:00:01.000Z' }, keys.current))).toBe(false);
    const sealer = place.start({ everyMs: 0 });
    await eventually(() => sealer.status().position === 5);
    expect(await sealed(place.options)).toEqual([[1, 2], [3, 5]]);
  });

  test('T904. does not sign a log that was changed, and says where', async ({ log, place, database }) => {
    await append(log, 10);
    const sealer = place.start();
    await eventually(() => sealer.status().position === 10);
    await append(log, 4);
    await asSuperuser(database.superuserUrl, `update events set type = 'Removed' where position = 12`);
    await append(log, 10);
    await eventually(() => sealer.status().error?.includes('not sealed: position 12') ?? false);
    expect(sealer.status().position).toBe(10);
  });

  test('gives back to each place the seals that it lost, and until then they are found missing', async ({ log, place, database }) => {
    await append(log, 30);
    const sealer = place.start();
    await eventually(() => sealer.status().position === 30);
    await sealer.stop();
    await asSuperuser(database.superuserUrl, 'delete from seals where from_position = 11');
    const file = join(place.dir, 'provisioning.seals.jsonl');
    await truncate(file, (await readFile(file)).length - 5);
    expect(await problemsOf(log, place.options)).toEqual(['11 seal: the seal of positions 11 to 20 is gone from the database']);
    const again = place.start();
    await eventually(() => again.status().position === 30);
    expect(await problemsOf(log, place.options)).toEqual([]);
    expect((await readFile(file, 'utf8')).trimEnd().split('\n').length).toBe(3);
  });

  test('goes on where the database cannot reach, when something that is no seal took the place of the next one', async ({ log, place }) => {
    await append(log, 10);
    const sealer = place.start();
    await eventually(() => sealer.status().position === 10);
    await log.pool.query(`insert into seals (from_position, to_position, seal) values (11, 999999, 'no seal')`);
    await append(log, 25);
    await eventually(() => sealer.status().position === 30);
    await sealer.stop();
    expect(await sealed(place.options)).toEqual([[1, 10], [11, 20], [21, 30]]);
    expect(await problemsOf(log, place.options)).toEqual(['0 seal: 1 of the seals in the database cannot be read', '11 seal: the seal of positions 11 to 20 is gone from the database']);
  });

  test('T903. keeps the proof when database and file were both forged: the stream still has what was signed', async ({ log, place, database }) => {
    await append(log, 20);
    const sealer = place.start();
    await eventually(() => sealer.status().position === 20);
    await sealer.stop();
    await asSuperuser(database.superuserUrl, 'delete from seals', `delete from events where position > 5`, `update log_head set (position, hash) = (select position, hash from events where position = 5)`, `update streams set version = 5, last_position = 5`);
    await writeFile(join(place.dir, 'provisioning.seals.jsonl'), '');
    expect(await problemsOf(log, place.options)).toContain('6 missing: the log was signed up to position 20, but ends at 5');
  });
});

describe('the right to seal', () => {
  test('is to publish one’s own seals and to read them, nothing else', () => {
    const { publish } = SERVICE_RIGHTS.provisioning;
    expect(publish.filter((subject) => /seal/i.test(subject))).toEqual(['seal.provisioning', `$JS.API.DIRECT.GET.${SEALS_STREAM}`]);
  });
});
