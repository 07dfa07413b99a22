/**
 * The database's copy of the signed roots. Frozen: a change is a new migration. The service may add to it and read it;
 * two leaders that seal at the same time meet at the primary key. What counts is the signature in `seal`, not the table.
 */
import { sql, type Kysely } from 'kysely';

const SEALS = `
create table seals (
  from_position bigint primary key,
  to_position bigint not null unique check (to_position >= from_position),
  seal text not null,
  sealed_at timestamptz not null default now()
);
create function refuse_change_of_seals() returns trigger language plpgsql as $$
begin
  raise exception 'seals are only added to: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on seals for each statement execute function refuse_change_of_seals();
revoke execute on function refuse_change_of_seals from public;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(SEALS).execute(db);
};
