/** The audit as it is read: one row an entry. */
import { defineFold } from '@citrus/kit-event-store';
import type { Audited, AuditedAddress } from './audit.events.ts';

type Row = {
  entry_id: string; position: number; at: string; last_at: string; count: number; service: string; action: string; outcome: string;
  actor_kind: string | null; actor_id: string | null; project_id: string | null; target: Readonly<Record<string, string>>;
  code: string | null; reason: string | null; correlation_id: string | null; address: AuditedAddress | null;
};

export const auditProjection = defineFold<Row>({
  name: 'audit',
  version: 1,
  table: 'audit_entries',
  key: ['entry_id'],
  handles: ['Audited'],
  keyOf: ({ data }) => [String(data['entryId'])],
  evolve: (_row, { data, position }) => {
    const { entryId, at, lastAt, count, service, action, outcome, actor, projectId, target, code, reason, correlationId, address } = data as unknown as Audited;
    return {
      entry_id: entryId, position, at, last_at: lastAt, count, service, action, outcome, actor_kind: actor?.kind ?? null, actor_id: actor?.id ?? null, project_id: projectId ?? null,
      target: target ?? {}, code: code ?? null, reason: reason ?? null, correlation_id: correlationId ?? null, address: address ?? null,
    };
  },
});
