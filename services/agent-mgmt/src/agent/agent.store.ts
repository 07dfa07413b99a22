/** Questions about agents and their servers. */
import { MOST_SERVERS_IN_A_PING, type Agent, type AgentBuild, type AgentId, type ProjectId, type ServerId } from '@citrus/contracts';
import { isWithin, NotFound, type InternalScope, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { gather } from '@citrus/kit-event-store';
import { sql, type Insertable, type Kysely, type Selectable } from 'kysely';
import { updateOf } from '../agent-version/about-agent.ts';
import { upgradeStatusOf } from '../agent-version/upgrade.row.ts';
import type { WaveMember } from '../agent-version/wave.ts';
import type { AgentMgmtDatabase } from '../database.ts';

export type AgentRow = Selectable<AgentMgmtDatabase['agents']>;
export type ServerRow = Selectable<AgentMgmtDatabase['servers']>;
type NewServer = Insertable<AgentMgmtDatabase['servers']>;
type ListAgents = { readonly serverId?: string | undefined; readonly limit: number; readonly cursor?: string | undefined };

const TOGETHER = { inFlight: 2 } as const;

const agentOf = (row: AgentRow, build: AgentBuild | undefined): Agent => ({
  id: row.agent_id as AgentId, serverId: row.server_id as ServerId, projectId: row.project_id as ProjectId,
  connectedAt: row.connected_at?.toISOString() ?? null, facts: row.facts, updatedAt: row.updated_at.toISOString(),
  labels: row.labels, upgrade: upgradeStatusOf(row.upgrade), update: updateOf(row.facts, build),
});

/** Rows that are asked for at the same time are one statement; who asked for which is told apart here. */
export class AgentStore {
  readonly #agentOf: (agentId: string) => Promise<AgentRow | undefined>;
  readonly #serverOf: (serverId: string) => Promise<ServerRow | undefined>;
  readonly #noteServer: (server: NewServer) => Promise<void>;

  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    /** What agents can be upgraded to. */
    private readonly newest: () => Promise<AgentBuild | undefined> = async () => undefined,
  ) {
    this.#agentOf = gather(async (wanted) => {
      const rows = new Map((await db.selectFrom('agents').selectAll().where(sql<boolean>`agent_id = any(${wanted}::text[])`).execute()).map((row) => [row.agent_id, row]));
      return wanted.map((agentId) => rows.get(agentId));
    }, TOGETHER);
    this.#serverOf = gather(async (wanted) => {
      const rows = new Map((await db.selectFrom('servers').selectAll().where(sql<boolean>`server_id = any(${wanted}::uuid[])`).execute()).map((row) => [row.server_id, row]));
      return wanted.map((serverId) => rows.get(serverId.toLowerCase()));
    }, TOGETHER);
    this.#noteServer = gather(async (servers: readonly NewServer[]) => {
      await db.insertInto('servers').values([...servers]).onConflict((conflict) => conflict.doNothing()).execute();
      return servers.map(() => undefined);
    });
  }

  async find(scope: Scope, agentId: string): Promise<AgentRow | undefined> {
    const row = await this.#agentOf(agentId);
    return row && isWithin(scope, row.project_id) ? row : undefined;
  }

  /** The agent of a server, unless it is retired. */
  ofServer({ projectId }: ProjectScope, serverId: string): Promise<AgentRow | undefined> {
    return this.db.selectFrom('agents').selectAll().where('project_id', '=', projectId).where('server_id', '=', serverId).where('status', '<>', 'retired').executeTakeFirst();
  }

  async show(scope: ProjectScope, agentId: string): Promise<Agent> {
    const row = await this.find(scope, agentId);
    if (!row) throw new NotFound('agent.unknown', 'There is no such agent in this project.');
    return agentOf(row, await this.newest());
  }

  async hasOpenUpgrades(_scope: InternalScope): Promise<boolean> {
    const { rows } = await sql`select 1 from agents where upgrade->>'status' in ('waiting', 'begun') limit 1`.execute(this.db);
    return rows.length > 0;
  }

  /** Everybody who was asked for together with somebody who is not done. */
  async openWaves(_scope: InternalScope): Promise<WaveMember[][]> {
    const { rows } = await sql<{ agent_id: string; project_id: string; upgrade: NonNullable<AgentRow['upgrade']> }>`
      select agent_id, project_id, upgrade from agents where upgrade is not null and upgrade->'wave'->>'waveId' in
        (select upgrade->'wave'->>'waveId' from agents where upgrade->>'status' in ('waiting', 'begun'))`.execute(this.db);
    const members = rows.map(({ agent_id: agentId, project_id: projectId, upgrade: { upgradeId, status, deadline, wave } }): WaveMember => ({ agentId, projectId, upgradeId, status, deadline, wave }));
    return [...Map.groupBy(members, ({ wave }) => wave.waveId).values()];
  }

  /** Retired agents are left out. */
  async list({ projectId }: ProjectScope, { serverId, limit, cursor = '' }: ListAgents): Promise<{ items: Agent[]; nextCursor: string | null }> {
    let query = this.db.selectFrom('agents').selectAll().where('project_id', '=', projectId).where('status', '<>', 'retired').where('agent_id', '>', cursor);
    if (serverId !== undefined) query = query.where('server_id', '=', serverId);
    const build = await this.newest();
    const rows = await query.orderBy('agent_id').limit(limit + 1).execute();
    const page = rows.slice(0, limit);
    return { items: page.map((row) => agentOf(row, build)), nextCursor: rows.length > limit ? (page.at(-1)?.agent_id ?? null) : null };
  }

  /** Those of these servers, or all, to be asked whether they are there; retired ones are left out. */
  async pinged({ projectId }: ProjectScope, serverIds?: readonly ServerId[]): Promise<{ agentId: AgentId; serverId: ServerId }[]> {
    let query = this.db.selectFrom('agents').select(['agent_id', 'server_id']).where('project_id', '=', projectId).where('status', '<>', 'retired');
    if (serverIds) query = query.where(sql<boolean>`server_id = any(${serverIds}::uuid[])`);
    const rows = await query.orderBy('agent_id').limit(MOST_SERVERS_IN_A_PING).execute();
    return rows.map((row) => ({ agentId: row.agent_id as AgentId, serverId: row.server_id as ServerId }));
  }

  async findServer(scope: Scope, serverId: string): Promise<ServerRow | undefined> {
    const row = await this.#serverOf(serverId);
    return row && isWithin(scope, row.project_id) ? row : undefined;
  }

  async noteServer(server: NewServer): Promise<void> {
    await this.#noteServer(server);
  }

  async noteServerStatus(serverId: string, status: ServerRow['status']): Promise<void> {
    await this.db.updateTable('servers').set({ status }).where('server_id', '=', serverId).where('status', '<>', 'deleted').execute();
  }

  /** No job is brought to it meanwhile. */
  async noteMaintenance(serverId: string, isOn: boolean): Promise<void> {
    await this.db.updateTable('servers').set({ in_maintenance: isOn }).where('server_id', '=', serverId).execute();
  }
}
