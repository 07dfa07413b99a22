/** Command keys follow each other; jobs' keys have an age; a log remembers that it was masked here. Frozen. */
import { sql, type Kysely } from 'kysely';

const CHANGES = `
alter table command_keys add column role text not null default 'retired' check (role in ('next', 'current', 'retired'));
alter table command_keys add column retired_at timestamptz;
alter table command_keys alter column sealed_private_key drop not null;
update command_keys set role = 'current' where key_id = (select key_id from command_keys order by created_at desc, key_id limit 1);
update command_keys set retired_at = now() where role = 'retired';
create unique index command_keys_one_of_each on command_keys (role) where role <> 'retired';
alter table job_keys add column created_at timestamptz not null default now();
alter table job_log_attempts add column masked boolean not null default false;
create index jobs_finished on jobs (finished_at) where finished_at is not null;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(CHANGES).execute(db);
};
