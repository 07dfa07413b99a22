import { z } from 'zod';
import { defineRequest } from '../request.ts';
import { ServiceName, type ServiceName as Name } from '../services.ts';

/** How a service is: `ready` answers requests, `starting` and `down` don't; `detail` says what is missing. */
export const ServiceHealth = z.object({ service: ServiceName, status: z.enum(['ready', 'starting', 'down']), detail: z.string().optional(), version: z.string().optional() });
export type ServiceHealth = z.infer<typeof ServiceHealth>;

export const readHealthOf = (service: Name) =>
  defineRequest({ subject: `rpc.${service}.health.read`, input: z.strictObject({}), reply: ServiceHealth, access: { by: 'service', services: ['hub'] } });
