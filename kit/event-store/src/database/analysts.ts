/**
 * People who ask with SQL: a role `<service role>_analyst` that may read the views in the schema `analyst` and do nothing
 * else. What guards the rest is that nothing else is granted; the settings of the role only keep accidents small, for a
 * session may change them.
 */
import { sql, type Kysely } from 'kysely';

/** The read models that analysts see, with the columns that are no secret. */
export type AnalystViews = Readonly<Record<string, readonly string[]>>;

export const analystRoleOf = (role: string): string => `${role}_analyst`;

const settings = { default_transaction_read_only: 'on', statement_timeout: '60s', idle_in_transaction_session_timeout: '60s', search_path: 'analyst', application_name: 'citrus analyst' };
const MOST_CONNECTIONS = 5;
/** Only a superuser may change it, so it holds whatever a session sets: one query must not fill the disk that the logs are on. */
const MOST_TEMPORARY = '1GB';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** For a superuser, in any database: what the role may never be and how its sessions begin. */
export const analystRoleSettings = (analyst: string): string[] => [
  `alter role ${quoted(analyst)} nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls connection limit ${MOST_CONNECTIONS}`,
  `alter role ${quoted(analyst)} set temp_file_limit = '${MOST_TEMPORARY}'`,
  ...Object.entries(settings).map(([name, value]) => `alter role ${quoted(analyst)} set ${name} = '${value}'`),
];

/**
 * For a superuser, in the service's own database: PostgreSQL lets everybody take advisory locks, which would keep relays
 * and feeds from leading, keep large objects, and fill the write-ahead log with messages, which would be ways to write.
 */
export const keepFromEverybody = (...allowed: readonly string[]): string => `
do $$
declare
  found record;
begin
  for found in select oid::regprocedure as signature, proname ~ 'advisory' as is_lock from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(pg_(try_)?advisory_|pg_logical_emit_message$|lo_|lowrite$|loread$)'
  loop
    execute format('revoke execute on function %s from public', found.signature);
    if found.is_lock then execute format('grant execute on function %s to ${allowed.map(quoted).join(', ')}', found.signature); end if;
  end loop;
end $$`;

const isThere = async (db: Kysely<unknown>, schema: string): Promise<boolean> => {
  const { rows } = await sql<{ oid: string | null }>`select to_regnamespace(${schema}) as oid`.execute(db);
  return rows[0]?.oid !== null;
};

/** Before the service's migrations: a view would keep them from changing its table. */
export const withdrawReadModels = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await isThere(db, 'analyst_setup'))) return;
  const { rows } = await sql<{ name: string }>`select name from analyst_setup.views`.execute(db);
  for (const { name } of rows) await sql`drop view if exists ${sql.id('analyst', name)}`.execute(db);
};

/** Shows exactly these read models; and lets the analysts' role in, if there is one. */
export const publishReadModels = (db: Kysely<unknown>, views: AnalystViews, analyst: string): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('citrus.grants', 0))`.execute(trx);
    await withdrawReadModels(trx);
    await sql`delete from analyst_setup.views`.execute(trx);
    for (const [name, columns] of Object.entries(views)) await sql`insert into analyst_setup.views (name, columns) values (${name}, ${columns})`.execute(trx);
    await sql`select refresh_analyst_views()`.execute(trx);
    const { rows } = await sql`select from pg_roles where rolname = ${analyst}`.execute(trx);
    if (rows.length === 0) return;
    const to = sql.id(analyst);
    await sql`grant usage on schema analyst to ${to}`.execute(trx);
    await sql`grant select on all tables in schema analyst to ${to}`.execute(trx);
    // Also those that are made when a read model is built anew.
    await sql`alter default privileges in schema analyst grant select on tables to ${to}`.execute(trx);
  });
