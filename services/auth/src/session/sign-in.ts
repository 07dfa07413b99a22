/**
 * Signing in with a password, and a second factor where there is one. Whatever is wrong with address and password, the
 * answer says the same and takes as long.
 */
import type { SignIn } from '@citrus/contracts';
import { Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import { byUser, type Trace } from '../command-context.ts';
import type { Audit } from '../audit/audit.ts';
import type { SecondFactors } from '../second-factor/second-factors.ts';
import { normalEmail } from '../user/email.ts';
import type { Passwords } from '../user/password.ts';
import type { Account, Users } from '../user/users.store.ts';
import type { CountedTry, SignInLimit } from './sign-in-limit.store.ts';

export type SignInParts = {
  readonly users: Users;
  readonly passwords: Passwords;
  readonly secondFactors: SecondFactors;
  readonly limit: SignInLimit;
  readonly audit: Audit;
  readonly clock: Clock;
};

export const wrongCredentials = () => new Unauthenticated('The e-mail address or the password is wrong.', 'session.wrong_credentials');
export const tooMany = (until: Date, at: Date) => {
  const minutes = Math.max(1, Math.ceil((until.getTime() - at.getTime()) / 60_000));
  return new Unauthenticated(`Too many tries failed. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, or from where you have signed in before.`, 'session.too_many_attempts');
};
const codeNeeded = () => new Unauthenticated('The password is right. Now give the code of your authenticator app, or a recovery code.', 'session.second_factor_needed');
const wrongCode = () => new Unauthenticated('The code is wrong, was used before, or is over: each lives for 30 seconds. Take the one that your app shows now, or a recovery code.', 'session.wrong_code');

const refused = ({ audit }: SignInParts, { address }: SignIn, why: { readonly account?: Account | undefined; readonly tried: CountedTry; readonly reason: string }): void => {
  const reason = why.tried.startsPause ? `${why.reason}, too often: paused` : why.reason;
  audit({ action: 'session.login', outcome: 'refused', address, reason, ...(why.account && { actor: byUser(why.account.userId) }) });
};

/** Who it is, and what was shown beside the password. */
export type Authenticated = { readonly account: Account; readonly secondFactor?: 'totp' };

/** @throws Unauthenticated: the ones that count as failures are told to the audit */
const check = async (parts: SignInParts, { input, tried }: { readonly input: SignIn; readonly tried: CountedTry }, trace: Trace): Promise<Authenticated> => {
  const { users, passwords, secondFactors } = parts;
  const account = await users.byEmail(tried.attempt.email);
  const isRight = await passwords.isRight(account, input.password);
  if (!account || !isRight) {
    refused(parts, input, { account, tried, reason: 'wrong e-mail address or password' });
    throw wrongCredentials();
  }
  const { userId } = account;
  if (!(await secondFactors.isOn(userId))) return { account };
  if (input.code === undefined) throw codeNeeded();
  try {
    await secondFactors.use({ userId, code: input.code }, trace);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refused(parts, input, { account, tried, reason: 'right password, wrong code' });
    throw wrongCode();
  }
  return { account, secondFactor: 'totp' };
};

const COUNTED: readonly string[] = ['session.wrong_credentials', 'session.wrong_code'];

/** Who this is. @throws Unauthenticated */
export const authenticate = async (parts: SignInParts, input: SignIn, trace: Trace): Promise<Authenticated> => {
  const { limit, clock } = parts;
  const tried = await limit.begin({ email: normalEmail(input.email), address: input.address, device: input.device }, clock);
  if (tried instanceof Date) {
    parts.audit({ action: 'session.login', outcome: 'refused', address: input.address, code: 'session.too_many_attempts' });
    throw tooMany(tried, clock());
  }
  try {
    const authenticated = await check(parts, { input, tried }, trace);
    await limit.succeeded(tried, clock());
    return authenticated;
  } catch (error) {
    // A database that went away in the middle is no wrong password.
    if (error instanceof Unauthenticated && COUNTED.includes(error.code)) limit.failed(tried);
    else await limit.takeBack(tried);
    throw error;
  }
};
