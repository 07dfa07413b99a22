/** Reading the credentials of a project, as people see them. Never a token: they are in another table. */
import { Cloud, type CloudId } from '@citrus/contracts';
import type { ProjectScope } from '@citrus/kit-domain';
import { sql } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import type { ProvisioningDatabase } from '../database.ts';

export type CredentialQueries = {
  list(scope: ProjectScope): Promise<Cloud[]>;
  read(scope: ProjectScope, cloudId: CloudId): Promise<Cloud | undefined>;
  /** How many servers that are not deleted were made with it. */
  serversOf(cloudId: CloudId): Promise<number>;
  /** Of all projects. */
  readonly ids: () => Promise<readonly CloudId[]>;
};

export const openCredentialQueries = (db: ReadonlyKysely<ProvisioningDatabase>): CredentialQueries => {
  const inProject = (projectId: string) =>
    db
      .selectFrom('cloud_credentials as c')
      .leftJoin('project_clouds as p', 'p.project_id', 'c.project_id')
      .selectAll('c')
      .select(['p.credential_id as default_id', sql<number>`(select count(*)::int from servers s where s.cloud_id = c.id and s.status <> 'deleted')`.as('servers')])
      .where('c.project_id', '=', projectId);
  type Row = Awaited<ReturnType<ReturnType<typeof inProject>['executeTakeFirstOrThrow']>>;
  const cloudOf = (row: Row): Cloud =>
    Cloud.parse({
      id: row.id, projectId: row.project_id, name: row.name, kind: row.kind, baseUrl: row.base_url, tokenEnd: row.token_end, isDefault: row.default_id === row.id,
      status: row.is_removing ? 'removing' : row.is_refused ? 'refused' : 'good', note: row.note, account: row.account, machineLimit: row.machine_limit, servers: row.servers,
      testedAt: row.tested_at.toISOString(), rotatedAt: row.rotated_at?.toISOString() ?? null, createdAt: row.created_at.toISOString(),
    });
  return {
    list: async ({ projectId }) => (await inProject(projectId).orderBy('c.created_at').orderBy('c.id').execute()).map(cloudOf),
    read: async ({ projectId }, cloudId) => {
      const row = await inProject(projectId).where('c.id', '=', cloudId).executeTakeFirst();
      return row && cloudOf(row);
    },
    serversOf: async (cloudId) => {
      const { count } = await db.selectFrom('servers').select(sql<number>`count(*)::int`.as('count')).where('cloud_id', '=', cloudId).where('status', '<>', 'deleted').executeTakeFirstOrThrow();
      return count;
    },
    ids: async () => (await db.selectFrom('cloud_credentials').select('id').orderBy('created_at').orderBy('id').execute()).map(({ id }) => id as CloudId),
  };
};
