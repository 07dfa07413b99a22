/** A way back into an account whose password, second factor or provider is gone: an administrator hands out a link. */
import { z } from 'zod';
import { Instant, plainText, UserId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { NewPassword } from './password.ts';
import { Address, Device, SecondFactorCode } from './session.ts';

export const RecoveryToken = plainText(128).min(1);

/** The token is told this once; a newer one makes it void. */
export const beginRecovery = defineRequest({
  subject: subjects.rpc('auth', 'user', 'recover'),
  input: z.strictObject({ userId: UserId }),
  reply: z.object({ userId: UserId, token: z.string(), expiresAt: Instant }),
  access: { by: 'administrator' },
});

export const FinishRecovery = z.strictObject({
  token: RecoveryToken,
  password: NewPassword,
  /** Needed by whoever has a second factor: a link alone is not a way past it. */
  code: SecondFactorCode.optional(),
});
/** A new password; every session and API token ends, and the second factor stays. `email` is what to sign in with. */
export const RecoveredUser = z.object({ userId: UserId, email: z.string() });
export type RecoveredUser = z.infer<typeof RecoveredUser>;
export const finishRecovery = defineRequest({
  subject: subjects.rpc('auth', 'user', 'finish-recovery'),
  input: FinishRecovery.extend({ address: Address, device: Device.optional() }),
  reply: RecoveredUser,
  access: { by: 'anyone' },
});
