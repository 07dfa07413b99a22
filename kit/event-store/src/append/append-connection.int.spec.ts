import { expect } from 'vitest';
import { asSuperuser } from '../superuser.fixture.ts';
import { isConnectionLoss } from '../errors.ts';
import { added, context, openLog, test } from '../log.fixture.ts';
import { createAppendConnection } from './append-connection.ts';

const PID = { name: 'pid', text: 'select pg_backend_pid(), $1::text' };
const SLEEP = { name: 'sleep', text: 'select pg_sleep(30), $1::text' };
const DIVIDE = { name: 'divide', text: 'select 1 / $1::int' };

const terminate = (url: string, pid: string) => asSuperuser(url, `select pg_terminate_backend(${Number(pid)})`);

test('the connection is the same while one call follows the other, and is given back at rest', async ({ log: { pool } }) => {
  const { ask, rest } = createAppendConnection(pool);
  const first = await ask(PID, ['a']);
  expect(pool.idleCount).toBe(pool.totalCount - 1);
  expect(await ask(PID, ['b'])).toEqual([first[0], 'b']);
  rest();
  expect(pool.idleCount).toBe(pool.totalCount);
  // Prepared once, although it was given back meanwhile.
  expect(await ask(PID, [null])).toEqual([first[0], null]);
  rest();
});

test('an append gives its connection back', async ({ log: { store, pool } }) => {
  await Promise.all(['account-1', 'account-2'].map((stream) => store.append({ stream, expected: 'none', events: [added(1)], context: context() })));
  await expect.poll(() => pool.idleCount).toBe(pool.totalCount);
  expect(await store.head()).toBe(2);
});

test('a connection lost between two calls is replaced', async ({ log: { pool }, database }) => {
  const { ask, rest } = createAppendConnection(pool);
  try {
    const [pid] = await ask(PID, ['a']);
    const before = pool.totalCount;
    await terminate(database.superuserUrl, String(pid));
    await expect.poll(() => pool.totalCount).toBe(before - 1);
    const [next] = await ask(PID, ['b']);
    expect(next).not.toBe(pid);
  } finally {
    rest();
  }
});

test('a call whose connection is lost fails as such, and the next one works', async ({ log: { pool }, database }) => {
  const { ask, rest } = createAppendConnection(pool);
  const [pid] = await ask(PID, ['a']);
  const lost = ask(SLEEP, ['a']).catch((error: unknown) => error);
  const { pool: superuser } = openLog(database.superuserUrl);
  await expect.poll(async () => (await superuser.query(`select from pg_stat_activity where pid = $1 and state = 'active' and query like '%pg_sleep%'`, [pid])).rowCount).toBe(1);
  await superuser.end();
  await terminate(database.superuserUrl, String(pid));
  expect(isConnectionLoss(await lost)).toBe(true);
  expect((await ask(PID, ['b']))[1]).toBe('b');
  rest();
});

test('a call that the database refuses fails with its reason, and the next one works', async ({ log: { pool } }) => {
  const { ask, rest } = createAppendConnection(pool);
  await expect(ask(DIVIDE, ['0'])).rejects.toMatchObject({ code: '22012' });
  expect(await ask(DIVIDE, ['1'])).toEqual(['1']);
  rest();
});
