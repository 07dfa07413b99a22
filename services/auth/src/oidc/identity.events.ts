/** The facts of a stream `identity-<userId>`: as whom the person is known at a provider. */
import { z } from 'zod';
import { PersonalText } from '../subject/personal-text.ts';

/** `subject` is the provider's name for the person, sealed like everything personal. `isAlone`: every other way in ended in the same commit. */
const IdentityLinked = z.object({ userId: z.uuid(), issuer: z.string(), subject: PersonalText, isAlone: z.boolean().optional() });

export const identityEvents = { IdentityLinked: { schema: IdentityLinked } } as const;

export type IdentityEvent = { readonly type: 'IdentityLinked'; readonly data: z.infer<typeof IdentityLinked> };
