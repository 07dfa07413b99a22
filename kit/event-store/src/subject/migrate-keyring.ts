/**
 * Brings the keyring's database up to date, as its owner. The service role gets no `delete` and no `truncate` on keys:
 * a key goes by being emptied, which leaves its mark. `maintain` lets it rewrite the table's file after an erasure.
 */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { runMigrations } from '../database/migrate.ts';
import { openPool } from '../database/pool.ts';
import { up as keyring } from '../migrations/2026-11-21-keyring.ts';
import { up as secrets } from '../migrations/2026-11-22-keyring-secrets.ts';

export const migrateKeyring = async ({ ownerUrl, role }: { ownerUrl: string; role: string }): Promise<void> => {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: ownerUrl, max: 2 }) }) });
  try {
    await runMigrations(db, 'keyring', { '2026-11-21-keyring': { up: keyring }, '2026-11-22-keyring-secrets': { up: secrets } });
    await db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended('citrus.grants', 0))`.execute(trx);
      await sql`grant select, insert, maintain, update (wrapped_key, erased_at) on subject_keys to ${sql.id(role)}`.execute(trx);
      await sql`grant select, insert, update (sealed) on keyring_secrets to ${sql.id(role)}`.execute(trx);
      await sql`grant select, insert, delete, maintain on subject_names to ${sql.id(role)}`.execute(trx);
    });
  } finally {
    await db.destroy();
  }
};
