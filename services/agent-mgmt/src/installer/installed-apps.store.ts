/** What Citrus has installed on a server, and what else choices can be made of there; told by jobs and agents. */
import type { InstalledApp } from '@citrus/contracts';
import type { Scope } from '@citrus/kit-domain';
import { sql, type Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

const MOST = 500;

export class InstalledAppsStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  /** The last thing that was done about an app says whether it is there. */
  async on(scope: Scope, serverId: string): Promise<InstalledApp[]> {
    let query = this.db.selectFrom('jobs').distinctOn('installer').select(['installer', 'installer_version as version', 'action'])
      .where('server_id', '=', serverId).where('status', '=', 'succeeded').where('action', 'in', ['install', 'upgrade', 'reconfigure', 'restore', 'uninstall']);
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    const last = await query.orderBy('installer').orderBy('finished_at', 'desc').orderBy('created_at', 'desc').limit(MOST).execute();
    return last.filter(({ action }) => action !== 'uninstall').map(({ installer, version }) => ({ installer, version }));
  }

  /** The first address of each other server of a project. */
  async otherServers(scope: Scope, { projectId, serverId }: { readonly projectId: string; readonly serverId: string }): Promise<string[]> {
    if (scope.kind === 'project' && scope.projectId !== projectId) return [];
    const rows = await this.db.selectFrom('agents').select(sql<string | null>`facts->'addresses'->>0`.as('address'))
      .where('project_id', '=', projectId).where('server_id', '<>', serverId).where('status', '<>', 'retired').where('facts', 'is not', null).orderBy('agent_id').limit(MOST).execute();
    return rows.flatMap(({ address }) => (address === null ? [] : [address]));
  }
}
