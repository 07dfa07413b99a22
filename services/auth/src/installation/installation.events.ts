/** The facts of the one stream `installation-citrus`: who runs the whole, so that the last one cannot go unseen. */
import { z } from 'zod';

const AdministratorGranted = z.object({ userId: z.uuid() });
const AdministratorRevoked = z.object({ userId: z.uuid(), reason: z.enum(['revoked', 'erased']) });
/** Somebody came with the token from auth's console, while nobody was there. */
const InstallationClaimed = z.object({ userId: z.uuid(), projectId: z.uuid() });

export const installationEvents = {
  AdministratorGranted: { schema: AdministratorGranted },
  AdministratorRevoked: { schema: AdministratorRevoked },
  InstallationClaimed: { schema: InstallationClaimed },
} as const;

type Schemas = typeof installationEvents;
export type InstallationEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
