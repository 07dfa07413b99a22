/**
 * Kysely over a pool whose lost connections are `Unavailable`: whoever asked may ask again, it is not our bug. What is asked
 * often is prepared by name (ADR 0048).
 */
import { Unavailable } from '@citrus/kit-domain';
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { isConnectionLoss } from '../errors.ts';
import { createStatementNames, type StatementNames } from './named-statements.ts';
import { preparing } from './prepared.ts';

/** Lost connections are `Unavailable`. */
export const explained = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (cause) {
    if (isConnectionLoss(cause)) throw new Unavailable('The database cannot be reached at the moment. Try again soon.', { cause });
    throw cause;
  }
};

const explaining = (client: PoolClient, names: StatementNames): PostgresPoolClient => {
  const query = client.query.bind(client) as (...parts: unknown[]) => unknown;
  const ask = preparing(client, names);
  const asked = (...parts: unknown[]) => {
    const [text, values] = parts;
    const answer = typeof text === 'string' && Array.isArray(values) ? ask(text, values) : query(...parts);
    return answer instanceof Promise ? explained(answer) : answer;
  };
  return { query: asked as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) };
};

export const openDatabase = <Database>(pool: Pool): Kysely<Database> => {
  const names = createStatementNames();
  const known = new WeakMap<PoolClient, PostgresPoolClient>();
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await explained(pool.connect());
    const wrapped = known.get(client) ?? explaining(client, names);
    known.set(client, wrapped);
    return wrapped;
  };
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: { connect, end: () => pool.end(), options: pool.options } }) });
};
