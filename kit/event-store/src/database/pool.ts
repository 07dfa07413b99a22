import { Pool, TypeOverrides, types, type PoolClient, type PoolConfig } from 'pg';
import type { Logger } from '../event-store.port.ts';

/** Positions and counts stay far below 2^53, so they are numbers; set for this pool only, never for the process. */
const ownTypes = new TypeOverrides();
ownTypes.setTypeParser(types.builtins.INT8, Number);

/**
 * A pool that outlives its server. A connection that dies while nobody queries it emits `error`, and an `error` that
 * nobody listens to ends the process; the pool itself listens only while the connection is idle, so we listen always.
 */
export const openPool = ({ databaseUrl, logger, ...config }: PoolConfig & { databaseUrl: string; logger?: Logger }): Pool => {
  const pool = new Pool({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5000,
    idle_in_transaction_session_timeout: 60_000,
    // A server that vanished without a word is noticed within half a minute, not after hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: ownTypes,
    ...config,
  });
  const tell = (error: Error) => logger?.warn({ err: error }, 'a database connection was lost');
  pool.on('error', tell);
  pool.on('connect', (client: PoolClient) => client.on('error', tell));
  return pool;
};
