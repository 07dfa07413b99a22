/** What goes to `audit.<service>`: who tried what and what became of it; auth keeps it. Secrets never stand in here. */
import { z } from 'zod';
import { Actor } from './envelope.ts';
import { Instant } from './ids.ts';
import { ServiceName } from './services.ts';

export const AuditEntry = z.object({
  at: Instant,
  service: ServiceName,
  /** `noun.verb`, e.g. `session.login`, `agent.report`. */
  action: z.string().max(128),
  outcome: z.enum(['allowed', 'refused']),
  actor: Actor.optional(),
  /** Where the person or agent came from. */
  address: z.string().max(64).optional(),
  /** Why it was refused, for people. */
  reason: z.string().max(1024).optional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
