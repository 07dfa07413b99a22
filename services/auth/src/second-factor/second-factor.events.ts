/** The facts of a stream `secondfactor-<userId>`. Recovery codes stand in them as hashes only. */
import { z } from 'zod';
import { PersonalText } from '../subject/personal-text.ts';

const user = { userId: z.uuid() };
/** `secret` is what the authenticator app holds. */
const TotpBegun = z.object({ ...user, secret: PersonalText });
/** `step`: of the time (30 s each) whose code was used. */
const TotpConfirmed = z.object({ ...user, step: z.int(), recoveryHashes: z.array(z.string()) });
const TotpUsed = z.object({ ...user, step: z.int() });
const RecoveryCodeUsed = z.object({ ...user, recoveryHash: z.string() });
const RecoveryCodesMade = z.object({ ...user, recoveryHashes: z.array(z.string()) });
const TotpDisabled = z.object(user);
/** By an administrator, for somebody who has lost it. */
const SecondFactorReset = z.object(user);

export const secondFactorEvents = {
  TotpBegun: { schema: TotpBegun }, TotpConfirmed: { schema: TotpConfirmed }, TotpUsed: { schema: TotpUsed }, RecoveryCodeUsed: { schema: RecoveryCodeUsed },
  RecoveryCodesMade: { schema: RecoveryCodesMade }, TotpDisabled: { schema: TotpDisabled }, SecondFactorReset: { schema: SecondFactorReset },
} as const;

type Schemas = typeof secondFactorEvents;
export type SecondFactorEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
