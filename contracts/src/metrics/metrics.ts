import { z } from 'zod';
import { AgentId, Instant, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** Everything the metrics service knows, in Prometheus text format; the hub serves it at `/metrics` of its management port. */
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

/** The last half hour of a server in few points, oldest first: enough for a small chart. In percent. */
export const ServerLoad = z.object({ serverId: ServerId, at: Instant, cpuPercent: z.array(z.number()), memoryPercent: z.array(z.number()), diskPercent: z.number() });
export type ServerLoad = z.infer<typeof ServerLoad>;

/** Of each server that reported; the others are left out. */
export const readServerLoads = defineRequest({
  subject: subjects.rpc('metrics', 'server', 'loads'),
  input: z.strictObject({ projectId: ProjectId, serverIds: z.array(ServerId).min(1).max(200) }),
  reply: z.object({ items: z.array(ServerLoad) }),
  access: { by: 'member', role: 'viewer' },
});

/** The load of some servers together, minute by minute: what a server group's rule goes by. */
export const LoadMinute = z.object({
  /** When the minute began. */
  at: Instant,
  /** Averages over the servers that reported in it; of a server, over its samples. */
  cpuPercent: z.number(), memoryPercent: z.number(),
  servers: z.int().min(1),
});
export type LoadMinute = z.infer<typeof LoadMinute>;

/** Whole minutes only, oldest first; a minute in which nobody reported is not there. */
export const readLoad = defineRequest({
  subject: subjects.internal('metrics', 'load-read'),
  input: z.strictObject({ serverIds: z.array(ServerId).min(1).max(200), from: Instant, to: Instant }),
  reply: z.object({ minutes: z.array(LoadMinute) }),
  access: { by: 'service', services: ['provisioning'] },
});
