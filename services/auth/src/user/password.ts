/**
 * Passwords are argon2id hashes. In events and rows they are sealed with the person's own key, which is itself sealed with
 * the master key in another database: a stolen database is not enough to guess at them, and they are forgotten with the
 * person. Older releases sealed the hash with the master key first; such a one is still read, until it is sealed anew
 * (reseal-passwords.ts), because events last longer than a master key does (ADR 0019).
 */
import { hash, verify } from '@node-rs/argon2';
import { openWithKey, type MasterKeys } from '@citrus/kit-crypto';
import { breachedPasswordsIn, type BreachedPasswords } from './breached-passwords.ts';
import { breachedProblem, checkNewPassword, weakPassword, type Holder } from './new-password.ts';

/** At least what OWASP asks for: 19 MiB, two passes. Kept in the hash itself, so it can be raised later. */
const STRENGTH = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const HASHED = '$argon2';
const rowId = (userId: string): string => `user-${userId}`;

export type Passwords = {
  /** For every way to set one. @param field the input that it came in. @throws Refusal `password.weak` */
  check(password: string, holder: Holder, field?: string): Promise<void>;
  /** What is kept of a password; the caller seals it with the person's key. */
  seal(userId: string, password: string): Promise<string>;
  /** The same without the master key, for one that an older release made; undefined if it does not need that key. */
  withoutMasterKey(userId: string, kept: string): string | undefined;
  /** Takes as long for somebody who does not exist. */
  isRight(account: { userId: string; sealedPassword: string } | undefined, password: string): Promise<boolean>;
};

export const createPasswords = (masterKeys: MasterKeys, isBreached: BreachedPasswords = breachedPasswordsIn(undefined)): Passwords => {
  let nobodys: Promise<string> | undefined;
  const hashOfNobody = () => (nobodys ??= hash('nobody has this password', STRENGTH));
  const withoutMasterKey: Passwords['withoutMasterKey'] = (userId, kept) => (kept.startsWith(HASHED) ? undefined : openWithKey(masterKeys, kept, rowId(userId)));
  return {
    check: async (password, holder, field) => {
      checkNewPassword(password, holder, field);
      if (await isBreached(password)) throw weakPassword(breachedProblem, field);
    },
    seal: (_userId, password) => hash(password, STRENGTH),
    withoutMasterKey,
    isRight: async (account, password) => {
      const expected = account ? (withoutMasterKey(account.userId, account.sealedPassword) ?? account.sealedPassword) : await hashOfNobody();
      const isRight = await verify(expected, password);
      return isRight && account !== undefined;
    },
  };
};
