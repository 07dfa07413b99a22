/** The facts of the one stream `installation-citrus`: who runs the whole, so that the last one cannot go unseen. */
import { Instant } from '@citrus/contracts';
import { z } from 'zod';

const AdministratorGranted = z.object({ userId: z.uuid() });
const AdministratorRevoked = z.object({ userId: z.uuid(), reason: z.enum(['revoked', 'erased']) });
/** Somebody came with the token from auth's console, while nobody was there. */
const InstallationClaimed = z.object({ userId: z.uuid(), projectId: z.uuid() });
/** Of everybody. Who signs in from `at` on shows one before anything else; who was signed in then, `graceDays` later. */
const SecondFactorRequired = z.object({ at: Instant, graceDays: z.int().nonnegative() });
const SecondFactorMadeOptional = z.object({ at: Instant });

export const installationEvents = {
  AdministratorGranted: { schema: AdministratorGranted },
  AdministratorRevoked: { schema: AdministratorRevoked },
  InstallationClaimed: { schema: InstallationClaimed },
  SecondFactorRequired: { schema: SecondFactorRequired },
  SecondFactorMadeOptional: { schema: SecondFactorMadeOptional },
} as const;

type Schemas = typeof installationEvents;
export type InstallationEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
