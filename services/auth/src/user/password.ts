/**
 * Passwords are argon2id hashes, and the hashes are sealed with the master key: a stolen database is not enough to guess
 * at them. In events and rows they are sealed once more, with the person's own key, so that they are forgotten with it.
 */
import { hash, verify } from '@node-rs/argon2';
import { openWithKey, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';

/** At least what OWASP asks for: 19 MiB, two passes. Kept in the hash itself, so it can be raised later. */
const STRENGTH = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const rowId = (userId: string): string => `user-${userId}`;

export type Passwords = {
  seal(userId: string, password: string): Promise<string>;
  /** Takes as long for somebody who does not exist. */
  isRight(account: { userId: string; sealedPassword: string } | undefined, password: string): Promise<boolean>;
};

export const createPasswords = (masterKeys: MasterKeys): Passwords => {
  let nobodys: Promise<string> | undefined;
  const hashOfNobody = () => (nobodys ??= hash('nobody has this password', STRENGTH));
  return {
    seal: async (userId, password) => sealWithKey(masterKeys, await hash(password, STRENGTH), rowId(userId)),
    isRight: async (account, password) => {
      const expected = account ? openWithKey(masterKeys, account.sealedPassword, rowId(account.userId)) : await hashOfNobody();
      const isRight = await verify(expected, password);
      return isRight && account !== undefined;
    },
  };
};
