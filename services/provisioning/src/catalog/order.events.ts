/** The one fact of a stream `order-<jobId>`: which server a job asked for. */
import { Instant, JobId, ServerId } from '@citrus/contracts';
import { z } from 'zod';

export const ServerOrdered = z.object({ jobId: JobId, serverId: ServerId, at: Instant });
export type ServerOrdered = { readonly type: 'ServerOrdered'; readonly data: z.infer<typeof ServerOrdered> };
