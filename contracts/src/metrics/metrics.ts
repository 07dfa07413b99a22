import { z } from 'zod';
import { AgentId, Instant, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** Everything the metrics service knows, in Prometheus text format; the hub serves it at `GET /api/metrics`. */
export const readExposition = defineRequest({
  subject: subjects.internal('metrics', 'exposition'),
  input: z.strictObject({}),
  reply: z.object({ text: z.string() }),
  access: { by: 'service', services: ['hub'] },
});

export const Sample = z.object({ at: Instant, cpuPercent: z.number(), load1: z.number(), memoryUsedBytes: z.number(), memoryTotalBytes: z.number(), diskUsedBytes: z.number(), diskTotalBytes: z.number(), networkInBytes: z.number(), networkOutBytes: z.number() });
export type Sample = z.infer<typeof Sample>;

export const readServerSamples = defineRequest({
  subject: subjects.rpc('metrics', 'server', 'samples'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId, from: Instant.optional(), to: Instant.optional(), limit: z.int().min(1).max(2000).default(360) }),
  reply: z.object({ agentId: AgentId.nullable(), samples: z.array(Sample) }),
  access: { by: 'member', role: 'viewer' },
});
