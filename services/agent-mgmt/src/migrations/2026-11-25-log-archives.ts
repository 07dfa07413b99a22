/** Logs that have become old are kept packed, as they were, and at last removed. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const CHANGES = `
create table job_log_archives (
  job_id uuid not null,
  part int not null,
  from_cursor bigint not null,
  to_cursor bigint not null,
  digest text not null,
  packed bytea not null,
  archived_at timestamptz not null,
  primary key (job_id, part)
);
alter table job_log_archives alter column packed set storage external;
create index job_log_archives_by_time on job_log_archives (archived_at);
create function job_log_archives_stay() returns trigger language plpgsql as $$
begin
  raise exception 'what was archived of a job''s log is not changed';
end $$;
create trigger job_log_archives_stay before update on job_log_archives for each row execute function job_log_archives_stay();

alter table job_log_attempts add column archived_at timestamptz;
alter table job_log_attempts add column cut_seq int;
alter table job_log_attempts add column gone boolean not null default false;
create index job_log_attempts_to_archive on job_log_attempts (completed_at) where archived_at is null and completed_at is not null;
alter table job_log_heads add column removed_at timestamptz;
alter table job_log_heads add column removed_to bigint;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(CHANGES).execute(db);
};
