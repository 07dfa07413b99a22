/** The facts of a stream `apitoken-<id>`. */
import { Instant, Role } from '@citrus/contracts';
import { z } from 'zod';
import { PersonalText } from '../subject/personal-text.ts';

/** `name` is sealed with the holder's key. `createdBy` is somebody else where the holder is a service account. */
const ApiTokenCreated = z.object({
  tokenId: z.uuid(), userId: z.uuid(), createdBy: z.uuid(), name: PersonalText, secretHash: z.string(),
  scopes: z.array(z.object({ projectId: z.uuid(), role: Role })), expiresAt: Instant,
});
const ApiTokenEnded = z.object({ tokenId: z.uuid(), userId: z.uuid(), reason: z.enum(['revoked', 'holder-removed', 'holder-signed-out', 'recovered', 'provider-linked']) });

export const apiTokenEvents = { ApiTokenCreated: { schema: ApiTokenCreated }, ApiTokenEnded: { schema: ApiTokenEnded } } as const;

type Schemas = typeof apiTokenEvents;
export type ApiTokenEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
