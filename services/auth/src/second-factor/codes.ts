/** The codes themselves: RFC 6238 as every authenticator app has it, and recovery codes of 120 random bits. */
import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { Proof } from './second-factor.decider.ts';

const ISSUER = 'Citrus';
const STEP_SECONDS = 30;
const RECOVERY_CODES = 10;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

const totpOf = (secret: string, label: string): TOTP => new TOTP({ issuer: ISSUER, label, algorithm: 'SHA1', digits: 6, period: STEP_SECONDS, secret: Secret.fromBase32(secret) });

export const newSecret = (): string => new Secret({ size: 20 }).base32;
export const uriOf = (secret: string, email: string): string => totpOf(secret, email).toString();

/** The step that it is now, if this is its code: none before or after, so that a code lives for 30 seconds (ASVS 6.5.5). Phones keep the time by themselves. */
const stepsOf = (secret: string, code: string, at: Date): number[] => {
  if (!/^\d{6}$/.test(code)) return [];
  const now = Math.floor(at.getTime() / 1000 / STEP_SECONDS);
  return totpOf(secret, '').validate({ token: code, timestamp: now * STEP_SECONDS * 1000, window: 0 }) === null ? [] : [now];
};

const plain = (code: string): string => code.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
/** Without a key: nobody finds 120 random bits by trying. */
const hashOf = (code: string): string => createHash('sha256').update(`citrus recovery code ${plain(code)}`).digest('base64url');

/** What a typed text proves, with spaces and dashes as people type them. */
export const proofOf = (secret: string, code: string, at: Date): Proof => ({ steps: stepsOf(secret, plain(code), at), recoveryHash: hashOf(code) });

const newRecoveryCode = (): string => {
  const letters = [...randomBytes(24)].map((byte) => LETTERS[byte & 31]).join('');
  return letters.replaceAll(/(.{4})(?=.)/g, '$1-');
};

export const newRecoveryCodes = (): { readonly codes: string[]; readonly hashes: string[] } => {
  const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
  return { codes, hashes: codes.map(hashOf) };
};
