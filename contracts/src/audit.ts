/**
 * What goes to `audit.<service>`: who tried what and what became of it; auth keeps it in its log (ADR 0011). Never a body, a
 * query or a secret: the name of the action, ids, and how it ended.
 */
import { z } from 'zod';
import { Actor } from './envelope.ts';
import { Instant } from './ids.ts';
import { ServiceName } from './services.ts';

/** `failed`: let in, but nobody can say whether it was done (something broke underneath). */
export const AuditOutcome = z.enum(['allowed', 'refused', 'failed']);
export type AuditOutcome = z.infer<typeof AuditOutcome>;

export const AuditEntry = z.object({
  /** The same one again is the same entry. Left out: the message is its own name. */
  id: z.uuid().optional(),
  at: Instant,
  service: ServiceName,
  /** `noun.verb` (`session.login`), or a route of the hub (`POST /api/servers/:id/retry`). */
  action: z.string().max(128),
  outcome: AuditOutcome,
  actor: Actor.optional(),
  /** Where the person or agent came from. */
  address: z.string().max(64).optional(),
  /** The project that it was about; only one that the actor belongs to. */
  projectId: z.uuid().optional(),
  /** What it was about: the ids in the address of the request. */
  target: z.record(z.string().max(64), z.string().max(256)).optional(),
  /** The refusal's code. */
  code: z.string().max(128).optional(),
  /** Why it was refused, for people. */
  reason: z.string().max(1024).optional(),
  correlationId: z.string().max(128).optional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
