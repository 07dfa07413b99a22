/**
 * Which account an identity at the provider signs in to. It is found in the keyring, as a keyed hash that goes when the
 * person does. The first time it is the account with the e-mail address that the provider says is verified; nobody gets
 * an account this way who has none.
 *
 * An account with this address may have been made by somebody else, who knows its password and waits for the right person
 * to come (pre-hijacking). So the first time every other way in ends, unless the person is signed in to that very account
 * and asked for the link there (ADR 0022).
 */
import { randomBytes } from 'node:crypto';
import type { OidcNotice } from '@citrus/contracts';
import { Refusal, Unauthenticated } from '@citrus/kit-domain';
import type { EventStore, Projections, SubjectKeys } from '@citrus/kit-event-store';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import type { WaysIn } from '../session/ways-in.ts';
import { places, subjectOf, userOf, type PersonalTexts } from '../subject/personal-text.ts';
import { normalEmail } from '../user/email.ts';
import type { Passwords } from '../user/password.ts';
import { userDecider } from '../user/user.decider.ts';
import type { Account, Users } from '../user/users.store.ts';
import { identityDecider, type Identities as State } from './identity.decider.ts';
import type { IdentityEvent } from './identity.events.ts';

export type Identity = { readonly issuer: string; readonly subject: string };
/** What the provider says of the person. */
export type Profile = Identity & { readonly email: string | undefined; readonly isEmailVerified: boolean; /** By what it told, or because it is trusted to ask. */ readonly hasShownSecondFactor: boolean };
type Parts = {
  readonly store: EventStore; readonly projections: Projections; readonly keys: SubjectKeys; readonly users: Users; readonly texts: PersonalTexts;
  readonly passwords: Passwords; readonly waysIn: WaysIn;
};
/** `signedInAs`: who asked for the link from within the account. */
type Coming = { readonly profile: Profile; readonly signedInAs?: string | undefined };

export type AccountOf = (coming: Coming, trace: Trace) => Promise<{ readonly account: Account; readonly notice?: OidcNotice }>;

const nameOf = ({ issuer, subject }: Identity): string => `identity ${JSON.stringify([issuer, subject])}`;

const linkedBefore = async ({ texts }: Parts, userId: string, { linked }: State, { issuer, subject }: Identity): Promise<IdentityEvent['data'] | undefined> => {
  const known = linked.find((identity) => identity.issuer === issuer);
  return known !== undefined && (await texts.open(userId, places.identity(userId), known.subject)) === subject ? known : undefined;
};

/** One commit. Whoever comes again after a crash finds it, and hears how it was done then. */
const record = async (parts: Parts, userId: string, { profile, signedInAs }: Coming, trace: Trace): Promise<OidcNotice> => {
  const { store, texts, passwords, waysIn } = parts;
  const isAlone = signedInAs !== userId;
  const subject = await texts.seal(userId, places.identity(userId), profile.subject);
  const nobodys = await texts.seal(userId, places.password(userId), await passwords.seal(userId, randomBytes(32).toString('base64url')));
  return appendTogether<OidcNotice>(store, () => contextOf(trace, byUser(userId)), async () => {
    const identities = await loadState(store, `identity-${userId}`, identityDecider);
    const before = await linkedBefore(parts, userId, identities.state, profile);
    if (before) return { appends: [], result: before.isAlone ? 'alone' : 'linked' };
    const data = { userId, issuer: profile.issuer, subject, ...(isAlone && { isAlone }) };
    const link = { stream: `identity-${userId}`, expected: identities.version, events: identityDecider.decide({ type: 'LinkIdentity', data }, identities.state) };
    if (!isAlone) return { appends: [link], result: 'linked' };
    const user = await loadState(store, subjectOf(userId), userDecider);
    const password = { stream: subjectOf(userId), expected: user.version, events: userDecider.decide({ type: 'ChangePassword', data: { userId, password: nobodys } }, user.state) };
    return { appends: [link, password, ...(await waysIn.ending(userId, 'provider-linked'))], result: 'alone' };
  });
};

/** The facts first, then what began meanwhile, then the name in the keyring: who dies in between does the rest the next time. */
const link = async (parts: Parts, userId: string, coming: Coming, trace: Trace): Promise<OidcNotice> => {
  const { store, projections, keys, waysIn } = parts;
  const notice = await record(parts, userId, coming, trace);
  await projections.reached(await store.head());
  if (notice === 'alone') await waysIn.endRest(userId, 'provider-linked', trace);
  await keys.name(subjectOf(userId), nameOf(coming.profile));
  return notice;
};

const otherAccount = () => new Refusal('oidc.other_account', 'At your provider you are somebody else than here. Sign in there as the owner of this account, with the same e-mail address.');

/** By the verified address, the first time. */
const accountToLink = async ({ users }: Parts, { profile, signedInAs }: Coming): Promise<Account> => {
  if (!profile.email || !profile.isEmailVerified) throw new Refusal('oidc.email_unverified', 'Your provider does not say that your e-mail address is verified, so it cannot be matched with an account. Verify it there and sign in again.');
  const account = await users.byEmail(normalEmail(profile.email));
  if (signedInAs !== undefined && account?.userId !== signedInAs) throw otherAccount();
  if (!account) throw new Refusal('oidc.no_account', 'There is no account with the e-mail address that your provider knows. Ask somebody in the project to invite you, then sign in again.');
  return account;
};

export const createAccountOf = (parts: Parts): AccountOf => async (coming, trace) => {
  const { keys, users } = parts;
  const { profile, signedInAs } = coming;
  const subjectId = await keys.find(nameOf(profile));
  const known = subjectId === undefined ? undefined : await users.byId(userOf(subjectId));
  if (known && signedInAs !== undefined && known.userId !== signedInAs) throw otherAccount();
  if (known) return { account: known };
  const { userId } = await accountToLink(parts, coming);
  const notice = await link(parts, userId, coming, trace);
  // With the password as it is now. Two identities may have come for one account at the same moment; the keyring has the first.
  const account = await users.byId(userId);
  if (!account || (await keys.find(nameOf(profile))) !== subjectOf(userId)) throw new Unauthenticated('Sign in again.', 'oidc.failed');
  return { account, notice };
};
