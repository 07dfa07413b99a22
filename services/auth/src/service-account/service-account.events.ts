/** The facts of a stream `serviceaccount-<userId>`. A program has no personal data, so its name stands in clear. */
import { Role } from '@citrus/contracts';
import { z } from 'zod';

const ServiceAccountCreated = z.object({ userId: z.uuid(), projectId: z.uuid(), name: z.string(), role: Role });
const ServiceAccountRemoved = z.object({ userId: z.uuid(), projectId: z.uuid() });

export const serviceAccountEvents = { ServiceAccountCreated: { schema: ServiceAccountCreated }, ServiceAccountRemoved: { schema: ServiceAccountRemoved } } as const;

type Schemas = typeof serviceAccountEvents;
export type ServiceAccountEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
