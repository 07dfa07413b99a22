/**
 * The keyring, a database of its own. Frozen: a change is a new migration.
 *
 * A row without a key is the mark of an erased subject: it stays, so that no new key is ever made for the same subject,
 * and the trigger refuses to bring a key back. The mark holds an id and a time, and nothing that the key protected.
 */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table subject_keys (
  subject_id text primary key check (length(subject_id) between 1 and 200),
  wrapped_key text,
  made_at timestamptz not null default now(),
  erased_at timestamptz,
  check ((wrapped_key is null) = (erased_at is not null))
);
create table subject_names (
  name_hash bytea primary key,
  subject_id text not null references subject_keys
);
create index subject_names_by_subject on subject_names (subject_id);

create function refuse_return() returns trigger language plpgsql as $$
begin
  raise exception 'the subject % was erased, for good', old.subject_id using errcode = 'insufficient_privilege';
end $$;
create trigger erased_for_good before update or delete on subject_keys for each row when (old.erased_at is not null) execute function refuse_return();
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
