/**
 * The way back into an account: an administrator hands out a link, once, and whoever has it chooses a password. Citrus
 * sends no e-mail; that the link reaches the right person is the administrator's care, and the history says who made it.
 * The password and the end of every session and API token are one commit (ADR 0022). A second factor stays, and a code of it
 * is asked for: the link alone is no way past it. Who has lost that too has it reset first, which is another act (ADR 0016).
 */
import { UserId, type beginRecovery, type Caller, type finishRecovery, type RecoveredUser } from '@citrus/contracts';
import { Forbidden, NotFound, Refusal, type Clock } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { byAuth, byUser, contextOf, type Trace } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import type { Audit } from '../audit/audit.ts';
import { INSTALLATION, installationDecider } from '../installation/installation.decider.ts';
import { secondFactorDecider, type Proof } from '../second-factor/second-factor.decider.ts';
import type { SecondFactors } from '../second-factor/second-factors.ts';
import { tooMany } from '../session/sign-in.ts';
import type { SignInLimit } from '../session/sign-in-limit.store.ts';
import type { WaysIn } from '../session/ways-in.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import { normalEmail } from '../user/email.ts';
import type { Passwords } from '../user/password.ts';
import { checkRecovery, unknownRecovery, userDecider, usedRecovery } from '../user/user.decider.ts';
import type { Account, Users } from '../user/users.store.ts';
import { newRecoveryToken, readRecoveryToken } from './recovery-token.ts';

const GOOD_FOR_MS = 60 * 60_000;
/** For so long whoever asks again is known by the password. Later a used link would be a way around the pauses of wrong sign-ins. */
const AGAIN_WITHIN_MS = 10 * 60_000;

type Parts = {
  readonly store: EventStore; readonly projections: Projections; readonly users: Users; readonly texts: PersonalTexts; readonly passwords: Passwords;
  readonly waysIn: WaysIn; readonly secondFactors: Pick<SecondFactors, 'isOn' | 'proofOf'>; readonly limit: SignInLimit; readonly audit: Audit; readonly clock: Clock;
};
type Finish = z.infer<typeof finishRecovery.input>;
type Held = NonNullable<ReturnType<typeof readRecoveryToken>>;
export type Recovery = {
  begin(input: { readonly userId: UserId }, caller: Caller, trace: Trace): Promise<z.infer<typeof beginRecovery.reply>>;
  finish(input: Finish, trace: Trace): Promise<RecoveredUser>;
};

/** The hub tells the audit of it: it knows who asked, for whom, and how it ended. */
const begin = (parts: Parts): Recovery['begin'] => async ({ userId }, caller, trace) => {
  const { store, clock } = parts;
  const { state: installation } = await loadState(store, INSTALLATION, installationDecider);
  if (!installation.administrators.includes(caller.userId)) throw new Forbidden('You are not an administrator of this installation any more.', 'administrator.needed');
  // It would make an open session enough to take the account over.
  if (userId === caller.userId) throw new Refusal('recovery.oneself', 'This is for others. Change your own password in your account, or ask another administrator for a link.');
  const { state: user } = await loadState(store, `user-${userId}`, userDecider);
  if (user.status !== 'active') throw new NotFound('user.unknown', 'There is no such person. Service accounts have no password to recover; make a new token for one.');
  const { text, hash } = newRecoveryToken(userId);
  const data = { userId, tokenHash: hash, expiresAt: new Date(clock().getTime() + GOOD_FOR_MS).toISOString() };
  await store.update(`user-${userId}`, userDecider, (now) => userDecider.decide({ type: 'BeginRecovery', data }, now), contextOf(trace, byUser(caller.userId)));
  return { userId, token: text, expiresAt: data.expiresAt };
};

/** The first answer may have been lost: the same person with the same password gets it again, for a while. */
const isAskedAgain = async ({ store, passwords, clock }: Parts, { userId, hash }: Held, account: Account, password: string): Promise<boolean> => {
  const { state } = await loadState(store, `user-${userId}`, userDecider);
  const recovery = state.status === 'active' ? state.recovery : undefined;
  if (recovery?.status !== 'finished' || recovery.tokenHash !== hash) return false;
  const isLately = clock().getTime() - Date.parse(recovery.at) < AGAIN_WITHIN_MS;
  if (isLately && (await passwords.isRight(account, password))) return true;
  throw usedRecovery();
};

const codeNeeded = () => new Refusal('recovery.code_needed', 'This account has a second factor. Give a code of the authenticator app, or a recovery code; who has lost both asks an administrator to reset the second factor, and then opens this link again.');
const wrongCode = () => new Refusal('recovery.wrong_code', 'The code is wrong, was used before, or is over: each lives for 30 seconds. Give the one that your app shows now, or a recovery code.');

type Choice = { readonly account: Account; readonly input: Finish };

/** What the code proves; undefined where there is no second factor. Wrong ones count like wrong sign-ins. */
const proofFor = async ({ secondFactors }: Parts, { account: { userId }, input: { code } }: Choice): Promise<Proof | undefined> => {
  if (!(await secondFactors.isOn(userId))) return undefined;
  if (code === undefined) throw codeNeeded();
  return secondFactors.proofOf({ userId, code });
};

const counted = async (parts: Parts, { account, input: { address, device } }: Choice, work: () => Promise<void>): Promise<void> => {
  const { limit, clock } = parts;
  const tried = await limit.begin({ email: normalEmail(account.email ?? account.userId), address, device }, clock);
  if (tried instanceof Date) throw tooMany(tried, clock());
  try {
    await work();
    await limit.takeBack(tried);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'second_factor.wrong_code') {
      limit.failed(tried);
      throw wrongCode();
    }
    await limit.takeBack(tried);
    throw error;
  }
};

/** @throws Refusal for a link that is not good, or a password that is too weak */
const recover = async (parts: Parts, { userId, hash }: Held, choice: Choice, trace: Trace): Promise<void> => {
  const { account, input: { password } } = choice;
  const { store, texts, passwords, waysIn, clock } = parts;
  checkRecovery((await loadState(store, `user-${userId}`, userDecider)).state, hash, clock().toISOString());
  await passwords.check(password, account);
  const proof = await proofFor(parts, choice);
  const sealed = await texts.seal(userId, places.password(userId), await passwords.seal(userId, password));
  const commit = () => appendTogether(store, () => contextOf(trace, byAuth), async () => {
    const { state, version } = await loadState(store, `user-${userId}`, userDecider);
    const events = userDecider.decide({ type: 'FinishRecovery', data: { userId, tokenHash: hash, password: sealed }, at: clock().toISOString() }, state);
    return { appends: [{ stream: `user-${userId}`, expected: version, events }, ...(await waysIn.ending(userId, 'recovered', (factor) => (proof ? secondFactorDecider.decide({ type: 'UseCode', data: proof }, factor) : [])))], result: undefined };
  });
  await (proof ? counted(parts, choice, commit) : commit());
};

const finish = async (parts: Parts, input: Finish, trace: Trace): Promise<RecoveredUser> => {
  const { token, password, address, device } = input;
  const { store, projections, users, waysIn, limit, audit } = parts;
  const held = readRecoveryToken(token);
  const account = held && (await users.byId(held.userId));
  if (!held || !account?.email) throw unknownRecovery();
  const { userId, email } = account;
  if (!(await isAskedAgain(parts, held, account, password))) await recover(parts, held, { account, input }, trace);
  await projections.reached(await store.head());
  await waysIn.endRest(userId, 'recovered', trace);
  await limit.forgive({ email: normalEmail(email), address, device });
  audit({ action: 'user.recover', outcome: 'allowed', address, actor: byUser(userId), reason: 'by a link of an administrator; sessions and API tokens ended' });
  return { userId: UserId.parse(userId), email };
};

export const createRecovery = (parts: Parts): Recovery => ({
  begin: begin(parts),
  finish: async (input, trace) => {
    try {
      return await finish(parts, input, trace);
    } catch (error) {
      if (error instanceof Refusal && error.code.startsWith('recovery.') && error.code !== 'recovery.code_needed') parts.audit({ action: 'user.recover', outcome: 'refused', address: input.address, code: error.code });
      throw error;
    }
  },
});
