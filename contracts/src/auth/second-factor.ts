/** A second factor: codes of an authenticator app (TOTP), and recovery codes for the day the app is gone. */
import { z } from 'zod';
import { Instant, UserId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { Address, Device, SecondFactorCode } from './session.ts';

const inPerson = { by: 'person', with: 'session' } as const;
const always = { ...inPerson, evenWithoutFactor: true } as const;
const rpc = (verb: string) => subjects.rpc('auth', 'second-factor', verb);
/** What is tried with a wrong code or password counts like a failed sign-in from there. */
const from = { address: Address, device: Device.optional() };

/** `isRequired`: of everybody in this installation. */
export const SecondFactor = z.object({ isOn: z.boolean(), recoveryCodesLeft: z.int().nonnegative(), isRequired: z.boolean() });
export type SecondFactor = z.infer<typeof SecondFactor>;
/** For the app, as text and as what its QR code says. Shown once; it is not on before a code of it was given. */
export const BegunTotp = z.object({ secret: z.string(), uri: z.string() });
export type BegunTotp = z.infer<typeof BegunTotp>;
/** Shown once; each is good for one sign-in. */
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

export const readSecondFactor = defineRequest({ subject: rpc('read'), input: z.strictObject({}), reply: SecondFactor, access: always });
export const beginTotp = defineRequest({ subject: rpc('begin'), input: z.strictObject({}), reply: BegunTotp, access: always });
export const confirmTotp = defineRequest({ subject: rpc('confirm'), input: z.strictObject({ code: SecondFactorCode, ...from }), reply: RecoveryCodes, access: always });
/** Shows the factor for a sign-in that came without one. */
export const proveSecondFactor = defineRequest({ subject: rpc('prove'), input: z.strictObject({ code: SecondFactorCode, ...from }), reply: z.object({}), access: always });
export const disableTotp = defineRequest({ subject: rpc('disable'), input: z.strictObject({ password: z.string().min(1).max(1024), code: SecondFactorCode, ...from }), reply: z.object({}), access: inPerson });
/** The ones before are no longer good. */
export const newRecoveryCodes = defineRequest({ subject: rpc('new-recovery-codes'), input: z.strictObject({ code: SecondFactorCode, ...from }), reply: RecoveryCodes, access: inPerson });
/** Of somebody who has lost it, by an administrator: it is off, and the person's sessions end. Nothing else is given away by it: the password stays. */
export const resetSecondFactor = defineRequest({ subject: rpc('reset'), input: z.strictObject({ userId: UserId }), reply: z.object({ userId: UserId, wasOn: z.boolean(), ended: z.int().nonnegative() }), access: { by: 'administrator' } });

export const MOST_GRACE_DAYS = 30;
export const DEFAULT_GRACE_DAYS = 7;
/** Whether everybody needs one. Who signs in from `since` on sets one up first; who was signed in then does so by `enforcedFrom`. */
export const SecondFactorPolicy = z.object({ isRequired: z.boolean(), since: Instant.nullable(), enforcedFrom: Instant.nullable() });
export type SecondFactorPolicy = z.infer<typeof SecondFactorPolicy>;
export const SetSecondFactorPolicy = z.strictObject({
  isRequired: z.boolean(),
  /** For who is signed in already. */
  graceDays: z.int().min(0).max(MOST_GRACE_DAYS).default(DEFAULT_GRACE_DAYS),
});
export const readSecondFactorPolicy = defineRequest({ subject: rpc('read-policy'), input: z.strictObject({}), reply: SecondFactorPolicy, access: { by: 'administrator' } });
/** By somebody who has shown a second factor himself. */
export const setSecondFactorPolicy = defineRequest({ subject: rpc('set-policy'), input: SetSecondFactorPolicy, reply: SecondFactorPolicy, access: { by: 'administrator' } });
