/**
 * One row a credential. It is changed by comparing versions, so nobody ever holds it: a replica that dies between reading
 * and writing has changed nothing.
 */
import { sql, type Kysely } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import type { Account } from './account.ts';

/** `account`: undefined when nothing was ever spent. `clock`: the database's, in milliseconds. */
export type ReadAccount = { readonly account: Account | undefined; readonly version: number; readonly clock: number };

export interface AccountStore {
  read(id: string): Promise<ReadAccount>;
  /** False: somebody else has changed it since. */
  write(id: string, version: number, account: Account): Promise<boolean>;
}

export const openAccountStore = (db: Kysely<ProvisioningDatabase>): AccountStore => ({
  read: async (id) => {
    const { rows } = await sql<{ account: Account | null; version: number | null; clock: number }>`
      select account, version, (extract(epoch from clock_timestamp()) * 1000)::float8 as clock
      from (select) as always left join cloud_budget on id = ${id}`.execute(db);
    const [row] = rows;
    if (!row) throw new Error('the database has no time');
    return { account: row.account ?? undefined, version: row.version ?? 0, clock: Math.floor(row.clock) };
  },
  write: async (id, version, account) => {
    const json = JSON.stringify(account);
    const { rows } = version === 0
      ? await sql`insert into cloud_budget (id, version, account) values (${id}, 1, ${json}::jsonb) on conflict do nothing returning 1`.execute(db)
      : await sql`update cloud_budget set version = version + 1, account = ${json}::jsonb where id = ${id} and version = ${version} returning 1`.execute(db);
    return rows.length === 1;
  },
});
