/** A project's servers, for a schedule that begins with nobody there to ask for them. */
import { z } from 'zod';
import { ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** What a filter goes by. */
export const FleetServer = z.object({ id: ServerId, name: z.string(), tags: z.array(z.string()), region: z.string(), size: z.string(), image: z.string(), status: z.string() });
export type FleetServer = z.infer<typeof FleetServer>;

/** By id; the next page follows the last one. */
export const readFleet = defineRequest({
  subject: subjects.internal('provisioning', 'fleet-read'),
  input: z.strictObject({ projectId: ProjectId, after: ServerId.optional(), limit: z.int().min(1).max(1000).default(1000) }),
  reply: z.object({ items: z.array(FleetServer), nextAfter: ServerId.nullable() }),
  access: { by: 'service', services: ['agent-mgmt'] },
});
