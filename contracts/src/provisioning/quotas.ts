/**
 * How much a project may have made for it by clouds. Administrators set it; without one there is no limit but the
 * account's own. Machines that join by themselves cost nothing and are not counted.
 */
import { z } from 'zod';
import { ProjectId } from '../ids.ts';
import { PageRequest, pageOf } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** Null: no limit. */
const limit = z.int().min(0).max(1_000_000).nullable();

export const QuotaLimits = z.strictObject({ servers: limit, creationsPerHour: limit });
export type QuotaLimits = z.infer<typeof QuotaLimits>;

/** `servers`: those that are not deleted, whatever their status. */
export const Quota = z.object({
  projectId: ProjectId, servers: limit, creationsPerHour: limit,
  used: z.object({ servers: z.int().nonnegative(), creationsPerHour: z.int().nonnegative() }),
});
export type Quota = z.infer<typeof Quota>;

export const readQuota = defineRequest({
  subject: subjects.rpc('provisioning', 'quota', 'read'),
  input: z.strictObject({ projectId: ProjectId }),
  reply: Quota,
  access: { by: 'member', role: 'viewer' },
});

/** Of all projects that have one. */
export const listQuotas = defineRequest({
  subject: subjects.rpc('provisioning', 'quota', 'list'),
  input: z.strictObject({ ...PageRequest, limit: PageRequest.limit.default(200) }),
  reply: pageOf(Quota),
  access: { by: 'administrator' },
});

/** What is there already stays, also where it is more than the new limit. */
export const setQuota = defineRequest({
  subject: subjects.rpc('provisioning', 'quota', 'set'),
  input: z.strictObject({ projectId: ProjectId, limits: QuotaLimits }),
  reply: Quota,
  access: { by: 'administrator' },
});
