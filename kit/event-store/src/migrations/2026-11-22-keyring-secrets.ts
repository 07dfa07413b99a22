/** Secrets of the keyring itself, sealed with the master key, so that they outlive a change of that key. Frozen. */
import { sql, type Kysely } from 'kysely';

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw('create table keyring_secrets (name text primary key, sealed text not null)').execute(db);
};
