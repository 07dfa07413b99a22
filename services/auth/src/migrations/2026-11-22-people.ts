/** Frozen: a change is a new migration. Projects, administrators and invitations: folds of the log. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table projects (
  project_id uuid primary key,
  name text not null,
  created_at timestamptz not null
);
create index projects_by_age on projects (created_at, project_id);
create table administrators (
  user_id uuid primary key,
  granted_at timestamptz not null
);
create table invitations (
  invitation_id uuid primary key,
  project_id uuid not null,
  role text not null,
  email jsonb not null,
  invited_by uuid not null,
  invited_at timestamptz not null,
  expires_at timestamptz not null,
  status text not null,
  accepted_by uuid
);
create index invitations_by_project on invitations (project_id, invited_at, invitation_id);
create index open_invitations_by_end on invitations (expires_at) where status = 'pending';
create index memberships_by_project on memberships (project_id, user_id);
create index users_by_age on users (created_at, user_id);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
