/** The keyring's two tables: a wrapped key for each subject, and the keyed hashes of the names that it is found by. */
import { sql, type Kysely } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { explained } from '../database/database.ts';

export type KeyringDatabase = {
  subject_keys: { subject_id: string; wrapped_key: string | null; erased_at: Date | null };
  subject_names: { name_hash: Buffer; subject_id: string };
  /** Of the keyring itself, sealed with the master key. */
  keyring_secrets: { name: string; sealed: string };
};

type Row = { readonly wrappedKey: string | null };

export type KeyringStore = {
  /** Undefined: there is no such row. A row without a key is the mark of an erasure. */
  readonly read: (subjectId: string) => Promise<Row | undefined>;
  /** Keeps the row that is there. */
  readonly insert: (subjectId: string, wrappedKey: string) => Promise<void>;
  /** The secret of that name; `sealed` becomes it if there is none. */
  readonly secret: (name: string, sealed: () => string) => Promise<string>;
  readonly insertName: (subjectId: string, hash: Buffer) => Promise<void>;
  readonly subjectOf: (hash: Buffer) => Promise<string | undefined>;
  /** Leaves the marks of the erasures. True when a key or a name went with it. */
  readonly erase: (subjectIds: readonly string[]) => Promise<boolean>;
  /**
   * Writes both tables anew, because a deleted row's bytes stay in the old file, and in backups of it. False when such rows
   * had to be kept: somebody's snapshot, autovacuum's too, may still see them.
   */
  readonly rewrite: () => Promise<boolean>;
};

/** Of each table, `3 dead row versions cannot be removed yet`; in other languages the number comes first, too. */
const keptIn = ({ detail }: { readonly detail?: string | undefined }): number => Number(/\d+/.exec(detail ?? '')?.[0] ?? 0);

const rewriteWith = async (client: PoolClient): Promise<boolean> => {
  let kept = 0;
  const count = (notice: { readonly detail?: string | undefined }): void => { kept += keptIn(notice); };
  client.on('notice', count);
  try {
    await client.query('vacuum (full, verbose) subject_keys, subject_names');
  } finally {
    client.off('notice', count);
  }
  return kept === 0;
};

export const createKeyringStore = (db: Kysely<KeyringDatabase>, pool: Pool): KeyringStore => ({
  read: async (subjectId) => {
    const row = await db.selectFrom('subject_keys').select('wrapped_key').where('subject_id', '=', subjectId).executeTakeFirst();
    return row && { wrappedKey: row.wrapped_key };
  },
  insert: async (subjectId, wrappedKey) => {
    await db.insertInto('subject_keys').values({ subject_id: subjectId, wrapped_key: wrappedKey, erased_at: null }).onConflict((conflict) => conflict.doNothing()).execute();
  },
  secret: async (name, sealed) => {
    const read = () => db.selectFrom('keyring_secrets').select('sealed').where('name', '=', name).executeTakeFirst();
    const known = await read();
    if (known) return known.sealed;
    await db.insertInto('keyring_secrets').values({ name, sealed: sealed() }).onConflict((conflict) => conflict.doNothing()).execute();
    // Another replica's may have come first: the one that is there counts.
    return (await read())?.sealed ?? sealed();
  },
  insertName: async (subjectId, hash) => {
    // The row lock makes an erasure wait for the name, or the name see the erasure.
    await sql`
      insert into subject_names (name_hash, subject_id)
      select ${hash}, subject_id from subject_keys where subject_id = ${subjectId} and erased_at is null for update
      on conflict do nothing`.execute(db);
  },
  subjectOf: async (hash) => (await db.selectFrom('subject_names').select('subject_id').where('name_hash', '=', hash).executeTakeFirst())?.subject_id,
  erase: (subjectIds) =>
    db.transaction().execute(async (trx) => {
      const ids = [...new Set(subjectIds)].toSorted();
      const { numAffectedRows: keys } = await sql`
        insert into subject_keys (subject_id, wrapped_key, erased_at) select id, null, now() from unnest(${ids}::text[]) as id
        on conflict (subject_id) do update set wrapped_key = null, erased_at = excluded.erased_at where subject_keys.erased_at is null`.execute(trx);
      const { numAffectedRows: names } = await sql`delete from subject_names where subject_id = any(${ids}::text[])`.execute(trx);
      return keys !== 0n || names !== 0n;
    }),
  rewrite: async () => {
    const client = await explained(pool.connect());
    try {
      return await explained(rewriteWith(client));
    } finally {
      client.release();
    }
  },
});
