/** The facts of the streams `audit-<day>`: somebody did or tried something. Of the same refusals within a minute one fact, with their count. */
import { Actor, AuditOutcome, Instant, ServiceName } from '@citrus/contracts';
import { z } from 'zod';

/** A person's is sealed with the person's key; of a stranger's only the network is kept, and a keyed hash to tell two strangers apart. */
export const AuditedAddress = z.union([z.object({ sealed: z.string() }), z.object({ hash: z.string(), network: z.string() })]);
export type AuditedAddress = z.infer<typeof AuditedAddress>;

export const Audited = z.object({
  entryId: z.uuid(),
  /** The broker's time. */
  at: Instant,
  lastAt: Instant,
  count: z.int().positive(),
  service: ServiceName,
  action: z.string(),
  outcome: AuditOutcome,
  actor: Actor.optional(),
  /** In here and not in the envelope, so that a project's history does not show its audit. */
  projectId: z.uuid().optional(),
  target: z.record(z.string(), z.string()).optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
  correlationId: z.string().optional(),
  address: AuditedAddress.optional(),
});
export type Audited = z.infer<typeof Audited>;

export const auditEvents = { Audited: { schema: Audited } } as const;
