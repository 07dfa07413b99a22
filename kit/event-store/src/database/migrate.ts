/**
 * Brings a service's database up to date, as its owner: the log and checkpoints first, then the service's own read
 * models; then grants the service role what it needs and nothing more. Safe to run again and from several places.
 */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { up as checkpoints } from '../migrations/2026-11-21-checkpoints.ts';
import { up as eventLog } from '../migrations/2026-11-21-event-log.ts';
import { up as fastAppend } from '../migrations/2026-11-21-fast-append.ts';
import { up as generations } from '../migrations/2026-11-21-generations.ts';
import { up as links } from '../migrations/2026-11-21-links-of-events.ts';
import { up as pauses } from '../migrations/2026-11-21-pauses.ts';
import { up as skippedEvents } from '../migrations/2026-11-25-skipped-events.ts';
import { up as viewsForAnalysts } from '../migrations/2026-11-21-views-for-analysts.ts';
import { analystRoleOf, publishReadModels, withdrawReadModels, type AnalystViews } from './analysts.ts';
import { up as seals } from '../migrations/2026-11-21-seals.ts';
import { openPool } from './pool.ts';

/** By name; names start with a date, and a migration that was released is never changed. */
export type Migrations = Readonly<Record<string, Migration>>;

const CHECKPOINTS: Migrations = { '2026-11-21-checkpoints': { up: checkpoints }, '2026-11-21-generations': { up: generations }, '2026-11-21-pauses': { up: pauses }, '2026-11-25-skipped-events': { up: skippedEvents } };
const LOG: Migrations = { '2026-11-21-event-log': { up: eventLog }, '2026-11-21-fast-append': { up: fastAppend }, '2026-11-21-links-of-events': { up: links }, '2026-11-21-seals': { up: seals }, '2026-11-21-views-for-analysts': { up: viewsForAnalysts } };

const LOG_TABLES = ['log_head', 'streams', 'commands', 'events', 'seals'];
/** What the service's role may have the owner do to its read models. */
const OF_GENERATIONS = ['begin_generation', 'complete_generation', 'switch_generation', 'rollback_generation', 'drop_generation'];
/** What it may do with the log besides reading it; both forms of `append_many`, while the release before this one still runs. */
const OF_THE_LOG = ['append_many', 'append_one', 'was_carried_out'];
const READABLE_LOG_TABLES = ['log_head', 'streams', 'events', 'seals'];

/** Each set has its own book, so that a new migration of the kit never sorts in between those of a service. */
export const runMigrations = async (db: Kysely<unknown>, book: string, migrations: Migrations): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations }, migrationTableName: `migrations_${book}`, migrationLockTableName: `migrations_${book}_lock` });
  const { error, results } = await migrator.migrateToLatest();
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  if (error) throw new Error(failed ? `migration ${failed} failed; nothing of it was kept` : 'the migrations could not be run', { cause: error });
};

const grant = (db: Kysely<unknown>, role: string): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('citrus.grants', 0))`.execute(trx);
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and relname not like 'migrations\\_%'`.execute(trx);
    const to = sql.id(role);
    await sql`grant usage on schema public to ${to}`.execute(trx);
    await sql`grant usage, select on all sequences in schema public to ${to}`.execute(trx);
    for (const { name } of rows) {
      const table = sql.id('public', name);
      if (!LOG_TABLES.includes(name)) await sql`grant select, insert, update, delete, truncate on ${table} to ${to}`.execute(trx);
      else if (READABLE_LOG_TABLES.includes(name)) await sql`grant select on ${table} to ${to}`.execute(trx);
      if (name === 'generations') await sql`grant execute on function ${sql.join(OF_GENERATIONS.map((name) => sql.id('public', name)))} to ${to}`.execute(trx);
      if (name === 'seals') await sql`grant insert on ${table} to ${to}`.execute(trx);
    }
    const functions = await sql<{ signature: string }>`select oid::regprocedure::text as signature from pg_proc where pronamespace = 'public'::regnamespace and proname = any(${OF_THE_LOG})`.execute(trx);
    for (const { signature } of functions.rows) await sql`grant execute on function ${sql.raw(signature)} to ${to}`.execute(trx);
  });

type MigrateOptions = {
  readonly ownerUrl: string;
  readonly role: string;
  readonly migrations?: Migrations;
  /** False for a service that only reads other services' logs. */
  readonly hasLog?: boolean;
  readonly analystViews?: AnalystViews;
};

export const migrate = async ({ ownerUrl, role, migrations = {}, hasLog = true, analystViews = {} }: MigrateOptions): Promise<void> => {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: ownerUrl, max: 2 }) }) });
  try {
    await runMigrations(db, 'checkpoints', CHECKPOINTS);
    if (hasLog) await runMigrations(db, 'log', LOG);
    await withdrawReadModels(db);
    await runMigrations(db, 'service', migrations);
    await grant(db, role);
    if (hasLog) await publishReadModels(db, analystViews, analystRoleOf(role));
  } finally {
    await db.destroy();
  }
};
