/** The facts of a stream `quota-<projectId>`: what a project may have, and each server that it was let have under a limit. */
import { Instant, ProjectId, QuotaLimits, ServerId } from '@citrus/contracts';
import { z } from 'zod';

const QuotaChanged = z.object({ projectId: ProjectId, ...QuotaLimits.shape, at: Instant });
/** A server was asked for within the quota; written in one with its request. */
const ServerAdmitted = z.object({ projectId: ProjectId, serverId: ServerId, at: Instant });

export const quotaEvents = { QuotaChanged, ServerAdmitted } as const;
type Schemas = typeof quotaEvents;
export type QuotaEventType = keyof Schemas;
export type QuotaEvent = { [Type in QuotaEventType]: { readonly type: Type; readonly data: z.infer<Schemas[Type]> } }[QuotaEventType];

export const quotaStreamOf = (projectId: string): string => `quota-${projectId}`;
