/** The facts of a stream `user-<id>`. What they say about the person is sealed with the person's own key. */
import { Instant } from '@citrus/contracts';
import { z } from 'zod';
import { projectEvents } from '../project/project.events.ts';
import { PersonalText } from '../subject/personal-text.ts';

/** `password` is the argon2id hash, sealed with the person's key: it goes when the person does. Older releases sealed the hash with the master key before that. */
const UserCreated = z.object({ userId: z.uuid(), email: PersonalText, name: PersonalText, password: PersonalText });
const UserCreatedV1 = z.object({ userId: z.uuid(), email: z.string(), name: z.string(), sealedPassword: z.string() });
/** Beside a role that is given in another stream, null for the installation: an erasure at the same time sees that something changed here, and cannot miss the role. */
const RoleTaken = z.object({ userId: z.uuid(), projectId: z.uuid().nullable() });
/** `password` as in `UserCreated`. */
const PasswordChanged = z.object({ userId: z.uuid(), password: PersonalText });
/** The same password, no longer with the master key in it. */
const PasswordResealed = z.object({ userId: z.uuid(), password: PersonalText });
/** An administrator handed out a link, of which this is the token's hash; a newer one makes it void. */
const RecoveryBegun = z.object({ userId: z.uuid(), tokenHash: z.string(), expiresAt: Instant });
/** Somebody came with it. `PasswordChanged` follows, and every other way in ends in the same commit. */
const RecoveryFinished = z.object({ userId: z.uuid(), at: Instant });
/** The person is to be forgotten; whoever reads this destroys the key of `subjectId`. Never taken back. */
const SubjectErased = z.object({ subjectId: z.string(), at: Instant });

const clear = (text: unknown): PersonalText => ({ clear: String(text) });

export const userEvents = {
  UserCreated: {
    schema: UserCreated,
    older: [{
      schema: UserCreatedV1,
      upcast: ({ userId, email, name, sealedPassword }: Readonly<Record<string, unknown>>) => ({ userId, email: clear(email), name: clear(name), password: clear(sealedPassword) }),
    }],
  },
  /** Of an older release; now in the project's stream. */
  MembershipGranted: projectEvents.MembershipGranted,
  RoleTaken: { schema: RoleTaken },
  PasswordChanged: { schema: PasswordChanged },
  PasswordResealed: { schema: PasswordResealed },
  RecoveryBegun: { schema: RecoveryBegun },
  RecoveryFinished: { schema: RecoveryFinished },
  SubjectErased: { schema: SubjectErased },
} as const;

type Schemas = typeof userEvents;
export type UserEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
