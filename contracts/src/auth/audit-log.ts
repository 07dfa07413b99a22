/** Reading the audit: a project's for its admins, the installation's for administrators. Nobody writes it but by acting. */
import { z } from 'zod';
import { AuditOutcome } from '../audit.ts';
import { Actor } from '../envelope.ts';
import { Instant, plainText, ProjectId } from '../ids.ts';
import { pageOf, PageRequest } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { ServiceName } from '../services.ts';
import { subjects } from '../subjects.ts';

export const AuditRecord = z.object({
  id: z.uuid(),
  at: Instant,
  /** Of a refusal that came again and again within a minute: the last time, and how often. */
  lastAt: Instant,
  count: z.int().positive(),
  service: ServiceName,
  action: z.string(),
  outcome: AuditOutcome,
  actor: Actor.nullable(),
  projectId: z.uuid().nullable(),
  target: z.record(z.string(), z.string()),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  correlationId: z.string().nullable(),
  /** Null when it was not told, or belonged to somebody who was forgotten. */
  address: z.string().nullable(),
  /** Of somebody unknown only the network is kept: `203.0.113.0/24`. */
  network: z.string().nullable(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** What an entry must be like. `actor` is an id, `action` the action or how it begins, `to` is itself left out. */
export const AuditFilter = {
  actor: plainText(128).optional(),
  action: plainText(128).optional(),
  outcome: AuditOutcome.optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  ...PageRequest,
};

const Reply = pageOf(AuditRecord);

/** The newest first. */
export const readAudit = defineRequest({
  subject: subjects.rpc('auth', 'audit', 'read'),
  input: z.strictObject({ projectId: ProjectId, ...AuditFilter }),
  reply: Reply,
  access: { by: 'member', role: 'admin' },
});

/** Of all projects and of none: sign-ins, strangers, agents. */
export const readInstallationAudit = defineRequest({
  subject: subjects.rpc('auth', 'audit', 'read-installation'),
  input: z.strictObject(AuditFilter),
  reply: Reply,
  access: { by: 'administrator' },
});
