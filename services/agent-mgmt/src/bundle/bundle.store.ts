/** Questions about bundles on servers. */
import { Instant, InstalledBundleId, JobOutputs, type BundleStatus, type InstalledBundle } from '@citrus/contracts';
import { ContractViolation, type InternalScope, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable } from 'kysely';
import { z } from 'zod';
import type { AgentMgmtDatabase } from '../database.ts';
import { installedBundleOf } from './bundle.history.ts';

type Row = Selectable<AgentMgmtDatabase['installed_bundles']>;
type Page = { readonly bundle?: string | undefined; readonly status?: BundleStatus | undefined; readonly limit: number; readonly cursor?: string | undefined };

const shown = (row: Row): InstalledBundle =>
  installedBundleOf({ ...row, created_at: row.created_at.toISOString(), finished_at: row.finished_at?.toISOString() ?? null, updated_at: row.updated_at.toISOString() });

/** `<created at>~<id>` of the last bundle of a page: newest first. */
const cursorOf = (row: Row): string => Buffer.from(`${row.created_at.toISOString()}~${row.installed_bundle_id}`).toString('base64url');
const parseCursor = (cursor: string) => {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split('~');
  const parsed = z.object({ createdAt: Instant, id: InstalledBundleId }).safeParse({ createdAt, id });
  if (!parsed.success) throw new ContractViolation('This cursor is not one of ours; begin again without it.');
  return parsed.data;
};

export class InstalledBundleStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async find({ projectId }: ProjectScope, installedBundleId: string): Promise<InstalledBundle | undefined> {
    const row = await this.db.selectFrom('installed_bundles').selectAll().where('installed_bundle_id', '=', installedBundleId).where('project_id', '=', projectId).executeTakeFirst();
    return row && shown(row);
  }

  async list({ projectId }: ProjectScope, { bundle, status, limit, cursor }: Page): Promise<{ items: InstalledBundle[]; nextCursor: string | null }> {
    let query = this.db.selectFrom('installed_bundles').selectAll().where('project_id', '=', projectId);
    if (bundle !== undefined) query = query.where('bundle', '=', bundle);
    if (status !== undefined) query = query.where('status', '=', status);
    if (cursor !== undefined) {
      const { createdAt, id } = parseCursor(cursor);
      query = query.where(sql<boolean>`(created_at, installed_bundle_id) < (${createdAt}::timestamptz, ${id}::uuid)`);
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('installed_bundle_id', 'desc').limit(limit + 1).execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: page.map(shown), nextCursor: rows.length > limit && last ? cursorOf(last) : null };
  }

  async unfinished(_scope: InternalScope): Promise<string[]> {
    const rows = await this.db.selectFrom('installed_bundles').select('installed_bundle_id').where('status', 'in', ['installing', 'uninstalling', 'cancelling']).orderBy('created_at').execute();
    return rows.map((row) => row.installed_bundle_id);
  }

  /** What an app on a server has handed on: the last word of each name, of the jobs that put it there as it is. */
  async outputsOf(scope: Scope, { serverId, installer }: { readonly serverId: string; readonly installer: string }): Promise<JobOutputs> {
    let query = this.db.selectFrom('jobs').select('outputs').where('server_id', '=', serverId).where('installer', '=', installer).where('status', '=', 'succeeded').where('action', 'in', ['install', 'upgrade', 'reconfigure']);
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    const rows = await query.orderBy('finished_at', 'desc').limit(50).execute();
    return JobOutputs.parse(Object.assign({}, ...rows.toReversed().map(({ outputs }) => outputs)));
  }
}
