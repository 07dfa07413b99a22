/** The row that says how far a consumer has come; always read and moved together with what it stands for. */
import { sql, type Kysely, type Transaction } from 'kysely';

export type Consumer = { readonly name: string; readonly version: number };

/** Locks the row until the end of the transaction. Undefined: there is none, another version has taken over. */
export const lockCheckpoint = async <Database>(trx: Transaction<Database>, { name, version }: Consumer): Promise<number | undefined> => {
  const { rows } = await sql<{ position: string }>`select position from checkpoints where consumer = ${name} and version = ${version} for update`.execute(trx);
  return rows[0] && Number(rows[0].position);
};

export const readCheckpoint = async <Database>(db: Kysely<Database>, { name, version }: Consumer): Promise<number> => {
  const { rows } = await sql<{ position: string }>`select position from checkpoints where consumer = ${name} and version = ${version}`.execute(db);
  return Number(rows[0]?.position ?? 0);
};

/** False when the row no longer stands at `from`: somebody else is at work. */
export const moveCheckpoint = async <Database>(db: Kysely<Database>, { name, version }: Consumer, { from, to }: { from: number; to: number }): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    update checkpoints set position = ${to}, updated_at = now() where consumer = ${name} and version = ${version} and position = ${from}`.execute(db);
  return numAffectedRows === 1n;
};

export const createCheckpoint = async <Database>(db: Kysely<Database>, { name, version }: Consumer): Promise<void> => {
  await sql`insert into checkpoints (consumer, version, position) values (${name}, ${version}, 0) on conflict do nothing`.execute(db);
};

export const dropCheckpoints = async <Database>(db: Kysely<Database>, name: string): Promise<void> => {
  await sql`delete from checkpoints where consumer = ${name}`.execute(db);
};
