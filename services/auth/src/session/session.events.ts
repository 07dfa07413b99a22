/** A session is a family of refresh tokens, each good for once; the log knows them by their hashes only. */
import { Instant } from '@citrus/contracts';
import { z } from 'zod';
import { PersonalText } from '../subject/personal-text.ts';

const Started = { sessionId: z.uuid(), userId: z.uuid(), tokenHash: z.string(), expiresAt: Instant };
/** `at`: when, by the clock of who decided it. */
const Refreshed = { sessionId: z.uuid(), tokenHash: z.string(), at: Instant.optional() };
/** Where the person came from, sealed with the person's key. */
/** `secondFactor`: what was shown beside the first one, here or at the provider. */
const SessionStarted = z.object({ ...Started, address: PersonalText, secondFactor: z.enum(['totp', 'provider']).optional() });
/** A code of the authenticator app was given later. */
const SessionStrengthened = z.object({ sessionId: z.uuid() });
const SessionRefreshed = z.object({ ...Refreshed, address: PersonalText });
/** `ended`: from another session of the person. `recovered`: an administrator's link was used. `provider-linked`: for the first time by single sign-on. `factor-reset`: an administrator turned the second factor off. `too-many`: newer ones took its place. */
export const CloseReason = z.enum(['signed-out', 'token-reused', 'erased', 'ended', 'signed-out-everywhere', 'password-changed', 'recovered', 'provider-linked', 'factor-reset', 'too-many']);
const SessionClosed = z.object({ sessionId: z.uuid(), reason: CloseReason });

const withClearAddress = ({ address, ...data }: Readonly<Record<string, unknown>>) => ({ ...data, address: { clear: String(address) } });

export const sessionEvents = {
  SessionStarted: { schema: SessionStarted, older: [{ schema: z.object({ ...Started, address: z.string() }), upcast: withClearAddress }] },
  SessionRefreshed: { schema: SessionRefreshed, older: [{ schema: z.object({ ...Refreshed, address: z.string() }), upcast: withClearAddress }] },
  SessionStrengthened: { schema: SessionStrengthened },
  SessionClosed: { schema: SessionClosed },
} as const;

type Schemas = typeof sessionEvents;
export type SessionEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
