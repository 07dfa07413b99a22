import { randomBytes } from 'node:crypto';
import { isSealedWithCurrent, masterKeysOf, openWithKey, sealWithKey } from '@citrus/kit-crypto';
import { test as base, type TestDatabase } from '@citrus/kit-testing';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { reseal, type SealedColumn } from './reseal.ts';

const [old, next] = [randomBytes(32), randomBytes(32)];
const [before, between, after] = [masterKeysOf(old), masterKeysOf(next, old), masterKeysOf(next)];
const column: SealedColumn = { table: 'things', id: 'thing_id', column: 'sealed', rowId: (id) => `thing ${id}` };
const secretOf = (n: number) => `the secret of ${n}`;

const ask = async (database: TestDatabase, text: string, values: unknown[] = []): Promise<Record<string, string>[]> => {
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(text, values)).rows;
  } finally {
    await client.end();
  }
};

const test = base.extend('things', async ({ database }) => {
  await ask(database, 'create table things (thing_id int primary key, sealed text)');
  await ask(database, `grant select, insert, update on things to ${database.role}`);
  const rows = Array.from({ length: 501 }, (_, n) => ({ n, sealed: n % 3 === 0 ? sealWithKey(old, secretOf(n), `thing ${n}`) : sealWithKey(before, secretOf(n), `thing ${n}`) }));
  await ask(database, 'insert into things select * from unnest($1::int[], $2::text[])', [rows.map(({ n }) => n), rows.map(({ sealed }) => sealed)]);
  const all = () => ask(database, 'select thing_id, sealed from things where sealed is not null');
  return {
    all,
    run: (onPage?: () => void | Promise<void>) => reseal({ name: 'test', databaseUrl: database.serviceUrl, columns: [column] }, between, onPage),
    openAll: async () => (await all()).map((row) => openWithKey(after, row['sealed'] ?? '', `thing ${row['thing_id']}`)),
  };
});

describe('sealing anew', () => {
  test('T845. leaves nothing that needs the older key, with or without its name, and is done when run again', async ({ things }) => {
    expect(await things.run()).toEqual([{ place: 'test: things', resealed: 501, broken: [] }]);
    expect((await things.openAll()).toSorted()).toEqual(Array.from({ length: 501 }, (_, n) => secretOf(n)).toSorted());
    expect(await things.run()).toEqual([{ place: 'test: things', resealed: 0, broken: [] }]);
  });

  test('goes on where it died, and everything can be opened in the meantime', async ({ things }) => {
    let pages = 0;
    const dies = () => {
      pages += 1;
      if (pages === 2) throw new Error('killed');
    };
    await expect(things.run(dies)).rejects.toThrow('killed');
    const rows = await things.all();
    const isNew = (row: Record<string, string>) => isSealedWithCurrent(between, row['sealed'] ?? '');
    expect(rows.filter(isNew)).toHaveLength(400);
    for (const row of rows) expect(openWithKey(between, row['sealed'] ?? '', `thing ${row['thing_id']}`)).toContain('the secret of');
    expect(await things.run()).toMatchObject([{ resealed: 101 }]);
    expect(await things.openAll()).toHaveLength(501);
  });

  test('takes nothing back that changes or goes meanwhile, and two at once do it once', async ({ things, database }) => {
    let isFirst = true;
    const meanwhile = async () => {
      if (!isFirst) return;
      isFirst = false;
      await ask(database, 'update things set sealed = $1 where thing_id = 500', [sealWithKey(after, 'newer', 'thing 500')]);
      await ask(database, 'update things set sealed = null where thing_id = 499');
    };
    const [one, other] = await Promise.all([things.run(meanwhile), things.run()]);
    expect((one[0]?.resealed ?? 0) + (other[0]?.resealed ?? 0)).toBeLessThanOrEqual(501);
    const texts = await things.openAll();
    expect(texts).toHaveLength(500);
    expect(texts).not.toContain(secretOf(499));
  });

  test('tells of rows that cannot be opened, because they were swapped or cut, and of seals in places nobody knows', async ({ things, database }) => {
    await ask(database, 'update things set sealed = (select sealed from things where thing_id = 2) where thing_id = 1');
    await ask(database, 'update things set sealed = left(sealed, -8) where thing_id = 3');
    await ask(database, 'create table others (note text)');
    await ask(database, `grant select on others to ${database.role}`);
    await ask(database, 'insert into others values ($1)', [sealWithKey(before, 'x', 'somewhere')]);
    const [done, elsewhere] = await things.run();
    expect(done).toMatchObject({ resealed: 499, broken: [expect.stringContaining('things 1: the sealed text cannot be opened'), expect.stringContaining('things 3: the sealed text cannot be opened')] });
    expect(elsewhere?.broken).toEqual([expect.stringContaining('others.note holds seals of an older master key')]);
  });
});
