/** The one fact of a stream `order-<jobId>`: which server a job asked for, or that it never may. */
import { Instant, JobId, ServerId } from '@citrus/contracts';
import { z } from 'zod';

export const ServerOrdered = z.object({ jobId: JobId, serverId: ServerId, at: Instant });
export type ServerOrdered = { readonly type: 'ServerOrdered'; readonly data: z.infer<typeof ServerOrdered> };

/** Taken back before anything was asked for: whoever comes late with this job is refused. */
export const OrderWithdrawn = z.object({ jobId: JobId, at: Instant });
export type OrderWithdrawn = { readonly type: 'OrderWithdrawn'; readonly data: z.infer<typeof OrderWithdrawn> };
