/** Kysely over a pool whose lost connections are `Unavailable`: whoever asked may ask again, it is not our bug. */
import { Unavailable } from '@citrus/kit-domain';
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { isConnectionLoss } from '../errors.ts';

/** Lost connections are `Unavailable`. */
export const explained = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (cause) {
    if (isConnectionLoss(cause)) throw new Unavailable('The database cannot be reached at the moment. Try again soon.', { cause });
    throw cause;
  }
};

const explaining = (client: PoolClient): PostgresPoolClient => {
  const query = client.query.bind(client) as (...parts: unknown[]) => unknown;
  const asked = (...parts: unknown[]) => {
    const answer = query(...parts);
    return answer instanceof Promise ? explained(answer) : answer;
  };
  return { query: asked as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) };
};

export const openDatabase = <Database>(pool: Pool): Kysely<Database> => {
  const known = new WeakMap<PoolClient, PostgresPoolClient>();
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await explained(pool.connect());
    const wrapped = known.get(client) ?? explaining(client);
    known.set(client, wrapped);
    return wrapped;
  };
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: { connect, end: () => pool.end(), options: pool.options } }) });
};
