/** Frozen: a change is a new migration. What people see of the trust in agents; a fold of the log. */
import { sql, type Kysely } from 'kysely';

const CHANGES = `
create table agent_trust (
  server_id uuid primary key,
  project_id uuid not null,
  agent_id text not null,
  status text not null,
  enrolled_at timestamptz,
  revoked_at timestamptz,
  revoke_reason text,
  refused_at timestamptz,
  clone_suspected_at timestamptz
);
create index agent_trust_by_project on agent_trust (project_id, server_id);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(CHANGES).execute(db);
};
