/** What people call agents, and how the last upgrade of each stands. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const CHANGES = `
alter table agents add column labels json not null default '{}';
alter table agents add column upgrade json;
create index agents_with_open_upgrade on agents ((upgrade->'wave'->>'waveId')) where upgrade->>'status' in ('waiting', 'begun');
create index agents_by_wave on agents ((upgrade->'wave'->>'waveId')) where upgrade is not null;
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(CHANGES).execute(db);
};
