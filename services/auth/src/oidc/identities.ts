/**
 * Which account an identity at the provider signs in to. It is found in the keyring, as a keyed hash that goes when the
 * person does. The first time it is the account with the e-mail address that the provider says is verified; nobody gets
 * an account this way who has none.
 */
import { Refusal, Unauthenticated } from '@citrus/kit-domain';
import { newId, type EventStore, type SubjectKeys } from '@citrus/kit-event-store';
import type { RequestContext } from '@citrus/kit-messaging';
import { places, subjectOf, userOf, type PersonalTexts } from '../subject/personal-text.ts';
import { normalEmail } from '../user/email.ts';
import type { Account, Users } from '../user/users.store.ts';
import { identityDecider, type Identities as State } from './identity.decider.ts';

export type Identity = { readonly issuer: string; readonly subject: string };
/** What the provider says of the person. */
export type Profile = Identity & { readonly email: string | undefined; readonly isEmailVerified: boolean };
type Trace = Pick<RequestContext, 'correlationId' | 'traceparent'>;
type Parts = { readonly store: EventStore; readonly keys: SubjectKeys; readonly users: Users; readonly texts: PersonalTexts };

export type AccountOf = (profile: Profile, trace: Trace) => Promise<Account>;

const nameOf = ({ issuer, subject }: Identity): string => `identity ${JSON.stringify([issuer, subject])}`;

const isLinked = async ({ texts }: Parts, userId: string, { linked }: State, { issuer, subject }: Identity): Promise<boolean> => {
  const known = linked.find((identity) => identity.issuer === issuer);
  return known !== undefined && (await texts.open(userId, places.identity(userId), known.subject)) === subject;
};

/** The fact first, then the name in the keyring: who dies in between finds the same fact the next time. */
const link = async (parts: Parts, { userId }: Account, profile: Profile, trace: Trace): Promise<void> => {
  const { store, keys, texts } = parts;
  const stream = `identity-${userId}`;
  const context = { commandId: newId(), actor: { kind: 'user', id: userId }, correlationId: trace.correlationId, ...(trace.traceparent && { traceparent: trace.traceparent }) } as const;
  const { state } = await store.update<State, never>(stream, identityDecider, () => [], { ...context, commandId: newId() });
  if (!(await isLinked(parts, userId, state, profile))) {
    const subject = await texts.seal(userId, places.identity(userId), profile.subject);
    await store.update(stream, identityDecider, (now) => identityDecider.decide({ type: 'LinkIdentity', data: { userId, issuer: profile.issuer, subject } }, now), context);
  }
  await keys.name(subjectOf(userId), nameOf(profile));
};

export const createAccountOf = (parts: Parts): AccountOf => async (profile, trace) => {
  const subjectId = await parts.keys.find(nameOf(profile));
  const known = subjectId === undefined ? undefined : await parts.users.byId(userOf(subjectId));
  if (known) return known;
  if (!profile.email || !profile.isEmailVerified) throw new Refusal('oidc.email_unverified', 'Your provider does not say that your e-mail address is verified, so it cannot be matched with an account. Verify it there and sign in again.');
  const account = await parts.users.byEmail(normalEmail(profile.email));
  if (!account) throw new Refusal('oidc.no_account', 'There is no account with the e-mail address that your provider knows. Ask somebody in the project to invite you, then sign in again.');
  await link(parts, account, profile, trace);
  // Two identities may have come for one account at the same moment; the keyring has the first.
  if ((await parts.keys.find(nameOf(profile))) !== subjectOf(account.userId)) throw new Unauthenticated('Sign in again.', 'oidc.failed');
  return account;
};
