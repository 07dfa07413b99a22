/** Questions about apps and their changes. An app of a server that is gone is gone with it. */
import { InstallerId, ServerId, type App, type AppChange, type AppHealth, type AppState } from '@citrus/contracts';
import { ContractViolation, type InternalScope, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable } from 'kysely';
import { z } from 'zod';
import type { AgentMgmtDatabase } from '../database.ts';

export type AppRow = Selectable<AgentMgmtDatabase['apps']>;
type ChangeRow = Selectable<AgentMgmtDatabase['app_changes']>;
type Name = { readonly serverId: string; readonly installer: string };
type ListApps = {
  readonly serverId?: string | undefined; readonly installer?: string | undefined; readonly version?: string | undefined; readonly health?: AppHealth | undefined; readonly state?: AppState | undefined;
  readonly limit: number; readonly cursor?: string | undefined;
};
export type Untold = { readonly serverId: string; readonly projectId: string; readonly installer: string; readonly health: AppHealth; readonly reason: string | null; readonly jobId: string };

export const appOf = (row: AppRow): App =>
  ({
    serverId: row.server_id, projectId: row.project_id, installer: row.installer, version: row.version, state: row.state, reason: row.reason, inputs: row.inputs, proposal: row.proposal,
    health: row.health, healthSince: row.health_since?.toISOString() ?? null, healthReason: row.health_reason, checkedAt: row.checked_at?.toISOString() ?? null, lastJob: row.last_job,
    backups: row.backups.map(({ id, digest, bytes, at, version }) => ({ id, digest, bytes, at, version })), change: row.change,
    createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(),
  }) as App;

const changeOf = (row: ChangeRow): AppChange =>
  ({
    id: row.change_id, projectId: row.project_id, serverId: row.server_id, installer: row.installer, action: row.action, status: row.status, withBackup: row.with_backup, backup: row.backup, steps: row.steps,
    cause: row.cause, appIs: row.app_is, isHealthy: row.is_healthy, reason: row.reason, advice: row.advice,
    createdAt: row.created_at.toISOString(), finishedAt: row.finished_at?.toISOString() ?? null, updatedAt: row.updated_at.toISOString(),
  }) as AppChange;

/** `<installer>~<server>` of the last app of a page. */
const cursorOf = (row: AppRow): string => Buffer.from(`${row.installer}~${row.server_id}`).toString('base64url');
const parseCursor = (cursor: string) => {
  const [installer, serverId] = Buffer.from(cursor, 'base64url').toString().split('~');
  const parsed = z.object({ installer: InstallerId, serverId: ServerId }).safeParse({ installer, serverId });
  if (!parsed.success) throw new ContractViolation('This cursor is not one of ours; begin again without it.');
  return parsed.data;
};

export class AppStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async find(scope: Scope, { serverId, installer }: Name): Promise<AppRow | undefined> {
    let query = this.#present().where('apps.server_id', '=', serverId).where('installer', '=', installer);
    if (scope.kind === 'project') query = query.where('apps.project_id', '=', scope.projectId);
    return await query.executeTakeFirst();
  }

  async list({ projectId }: ProjectScope, { serverId, installer, version, health, state, limit, cursor }: ListApps): Promise<{ items: App[]; nextCursor: string | null }> {
    let query = this.#present().where('apps.project_id', '=', projectId);
    if (serverId !== undefined) query = query.where('apps.server_id', '=', serverId);
    if (installer !== undefined) query = query.where('installer', '=', installer);
    if (version !== undefined) query = query.where('version', '=', version);
    if (health !== undefined) query = query.where('health', '=', health);
    if (state !== undefined) query = query.where('state', '=', state);
    else query = query.where(serverId === undefined ? sql<boolean>`state <> 'removed'` : sql<boolean>`(state <> 'removed' or json_array_length(backups) > 0)`);
    if (cursor !== undefined) {
      const after = parseCursor(cursor);
      query = query.where(sql<boolean>`(installer, apps.server_id) > (${after.installer}, ${after.serverId}::uuid)`);
    }
    const rows = await query.orderBy('installer').orderBy('apps.server_id').limit(limit + 1).execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: page.map(appOf), nextCursor: rows.length > limit && last ? cursorOf(last) : null };
  }

  async findChange(scope: Scope, { changeId, serverId, installer }: Name & { readonly changeId: string }): Promise<AppChange | undefined> {
    let query = this.db.selectFrom('app_changes').selectAll().where('change_id', '=', changeId).where('server_id', '=', serverId).where('installer', '=', installer);
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    const row = await query.executeTakeFirst();
    return row && changeOf(row);
  }

  /** Whether there is an unfinished change, or something untold. */
  async hasNews(_scope: InternalScope): Promise<boolean> {
    const { rows } = await sql<{ has_news: boolean }>`
      select exists (select from app_changes where finished_at is null) or exists (select from apps where health <> 'unknown' and health <> told_health) as has_news`.execute(this.db);
    return rows[0]?.has_news ?? false;
  }

  async unfinished(_scope: InternalScope): Promise<(Name & { changeId: string; projectId: string })[]> {
    const rows = await this.db.selectFrom('app_changes').select(['change_id', 'server_id', 'installer', 'project_id']).where('finished_at', 'is', null).orderBy('created_at').execute();
    return rows.map((row) => ({ changeId: row.change_id, serverId: row.server_id, installer: row.installer, projectId: row.project_id }));
  }

  /** Apps whose health is another than the one that was told last. */
  async untold(_scope: InternalScope, limit: number): Promise<Untold[]> {
    const rows = await this.db.selectFrom('apps').selectAll().where('health', '<>', 'unknown').whereRef('health', '<>', 'told_health').limit(limit).execute();
    return rows.flatMap((row) => (row.last_job ? [{ serverId: row.server_id, projectId: row.project_id, installer: row.installer, health: row.health, reason: row.health_reason, jobId: row.last_job.id }] : []));
  }

  #present() {
    return this.db.selectFrom('apps').selectAll('apps').where(sql<boolean>`not exists (select from servers s where s.server_id = apps.server_id and s.status = 'deleted')`);
  }
}
