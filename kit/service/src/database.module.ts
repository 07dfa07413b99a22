/** A service's own PostgreSQL database: one pool, Kysely over it, a readiness check, metrics of the pool. */
import { openDatabase, openPool } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import type { DatabaseConfig } from './config.ts';
import type { Readiness } from './readiness.ts';
import { CONFIG, DATABASE, LOGGER, POOL, READINESS, REGISTRY } from './tokens.ts';

const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA = '3F000';

/** Runs a query and, if it fails, says for people what is wrong with which database. The password is never shown. */
export const databaseCheck = (url: string, query: () => Promise<unknown>) => async (): Promise<string | undefined> => {
  try {
    await query();
    return undefined;
  } catch (error) {
    const { host, pathname } = new URL(url);
    const { code, message } = error as { code?: string; message?: string };
    const database = `the database ${pathname.slice(1)} at ${host}`;
    if (code === UNDEFINED_TABLE || code === INVALID_SCHEMA) return `${database} is not migrated; run the service's migrate program`;
    return `${database} does not answer (${code ?? message}); start PostgreSQL or correct CITRUS_DATABASE_URL`;
  }
};

const observePool = (pool: Pool, registry: Registry) =>
  new Gauge({
    name: 'citrus_database_connections',
    help: 'Connections of the database pool',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'open' }, pool.totalCount);
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'waited_for' }, pool.waitingCount);
    },
  });

const providers = [
  {
    provide: POOL,
    inject: [CONFIG, LOGGER, READINESS, REGISTRY],
    // oxlint-disable-next-line max-params -- Nest gives factories their dependencies one by one
    useFactory: async (config: DatabaseConfig, logger: Logger, readiness: Readiness, registry: Registry) => {
      const pool = openPool({ databaseUrl: config.CITRUS_DATABASE_URL, max: 10, connectionTimeoutMillis: 3000, logger });
      observePool(pool, registry);
      // Nothing that needs the database is made before it answers.
      await readiness.until('database', databaseCheck(config.CITRUS_DATABASE_URL, () => pool.query('select 1')));
      return pool;
    },
  },
  { provide: DATABASE, inject: [POOL], useFactory: (pool: Pool) => openDatabase<unknown>(pool) },
];

@Module({ providers, exports: [POOL, DATABASE] })
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  /** The last phase of the shutdown: whatever still needs the pool has stopped in an earlier one. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
