/** What Citrus has installed on a server, and what else choices can be made of there; told by jobs and agents. */
import type { InstalledApp } from '@citrus/contracts';
import { isWithin, type Scope } from '@citrus/kit-domain';
import { gather } from '@citrus/kit-event-store';
import { sql, type Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

const MOST = 500;

type Last = InstalledApp & { readonly action: string; readonly project_id: string };

export class InstalledAppsStore {
  readonly #lastOn: (serverId: string) => Promise<readonly Last[]>;

  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {
    this.#lastOn = gather((serverIds) => this.#lastOnEach(serverIds), { inFlight: 2 });
  }

  /** The last thing that was done about an app says whether it is there. */
  async on(scope: Scope, serverId: string): Promise<InstalledApp[]> {
    const last = (await this.#lastOn(serverId)).filter((row) => row.action !== 'uninstall' && isWithin(scope, row.project_id));
    return last.slice(0, MOST).map(({ installer, version }) => ({ installer, version }));
  }

  /** Each by the index of its server; a server stays in its project for life. */
  async #lastOnEach(serverIds: readonly string[]): Promise<Last[][]> {
    const { rows } = await sql<Last & { number: number }>`
      select s.number::int as number, l.* from unnest(${serverIds}::uuid[]) with ordinality as s (server_id, number)
      cross join lateral (
        select distinct on (j.installer) j.installer, j.installer_version as version, j.action, j.project_id from jobs j
        where j.server_id = s.server_id and j.status = 'succeeded' and j.action in ('install', 'upgrade', 'reconfigure', 'restore', 'uninstall')
        order by j.installer, j.finished_at desc, j.created_at desc
      ) as l order by s.number, l.installer`.execute(this.db);
    const found: Last[][] = serverIds.map(() => []);
    for (const { number, ...row } of rows) found[number - 1]?.push(row);
    return found;
  }

  /** The first address of each other server of a project. */
  async otherServers(scope: Scope, { projectId, serverId }: { readonly projectId: string; readonly serverId: string }): Promise<string[]> {
    if (scope.kind === 'project' && scope.projectId !== projectId) return [];
    const rows = await this.db.selectFrom('agents').select(sql<string | null>`facts->'addresses'->>0`.as('address'))
      .where('project_id', '=', projectId).where('server_id', '<>', serverId).where('status', '<>', 'retired').where('facts', 'is not', null).orderBy('agent_id').limit(MOST).execute();
    return rows.flatMap(({ address }) => (address === null ? [] : [address]));
  }
}
