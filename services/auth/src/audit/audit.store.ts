/** Questions about the audit. */
import type { AuditFilter, AuditRecord } from '@citrus/contracts';
import { ContractViolation, type Scope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { z } from 'zod';
import type { AuthDatabase } from '../database.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';

export type Asked = z.output<z.ZodObject<typeof AuditFilter>>;
export type AuditStore = { list(scope: Scope, asked: Asked): Promise<{ items: AuditRecord[]; nextCursor: string | null }> };
type Row = Selectable<AuthDatabase['audit_entries']>;

const positionOf = (cursor: string): number => {
  const position = Number(cursor);
  if (!Number.isSafeInteger(position) || position < 1) throw new ContractViolation('This cursor is not one of ours; begin again without it.', [{ path: 'cursor', message: 'is not one of ours' }]);
  return position;
};

const addressOf = async (texts: PersonalTexts, { entry_id: entryId, actor_kind: kind, actor_id: id, address }: Row) => {
  if (!address) return { address: null, network: null };
  if ('network' in address) return { address: null, network: address.network };
  return { address: (kind === 'user' && id !== null && (await texts.open(id, places.audited(entryId), address))) || null, network: null };
};

const recordOf = async (texts: PersonalTexts, row: Row): Promise<AuditRecord> => ({
  id: row.entry_id, at: row.at.toISOString(), lastAt: row.last_at.toISOString(), count: row.count,
  service: row.service, action: row.action, outcome: row.outcome,
  actor: row.actor_kind !== null && row.actor_id !== null ? { kind: row.actor_kind, id: row.actor_id } : null,
  projectId: row.project_id, target: row.target, code: row.code, reason: row.reason, correlationId: row.correlation_id,
  ...(await addressOf(texts, row)),
});

export const openAudit = (db: Kysely<AuthDatabase>, texts: PersonalTexts): AuditStore => ({
  /** The newest first. */
  list: async (scope, { actor, action, outcome, from, to, limit, cursor }) => {
    let query = db.selectFrom('audit_entries').selectAll();
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    if (actor !== undefined) query = query.where('actor_id', '=', actor);
    if (action !== undefined) query = query.where(sql<boolean>`starts_with(action, ${action})`);
    if (outcome !== undefined) query = query.where('outcome', '=', outcome);
    if (from !== undefined) query = query.where('at', '>=', new Date(from));
    if (to !== undefined) query = query.where('at', '<', new Date(to));
    if (cursor !== undefined) query = query.where('position', '<', positionOf(cursor));
    const rows = await query.orderBy('position', 'desc').limit(limit + 1).execute();
    const page = rows.slice(0, limit);
    return { items: await Promise.all(page.map((row) => recordOf(texts, row))), nextCursor: rows.length > limit ? String(page.at(-1)?.position) : null };
  },
});
