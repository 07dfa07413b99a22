/** A second factor: codes of an authenticator app (TOTP), and recovery codes for the day the app is gone. */
import { z } from 'zod';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { Address, Device, SecondFactorCode } from './session.ts';

const inPerson = { by: 'person', with: 'session' } as const;
const rpc = (verb: string) => subjects.rpc('auth', 'second-factor', verb);
/** What is tried with a wrong code or password counts like a failed sign-in from there. */
const from = { address: Address, device: Device.optional() };

export const SecondFactor = z.object({ isOn: z.boolean(), recoveryCodesLeft: z.int().nonnegative() });
export type SecondFactor = z.infer<typeof SecondFactor>;
/** For the app, as text and as what its QR code says. Shown once; it is not on before a code of it was given. */
export const BegunTotp = z.object({ secret: z.string(), uri: z.string() });
export type BegunTotp = z.infer<typeof BegunTotp>;
/** Shown once; each is good for one sign-in. */
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

export const readSecondFactor = defineRequest({ subject: rpc('read'), input: z.strictObject({}), reply: SecondFactor, access: inPerson });
export const beginTotp = defineRequest({ subject: rpc('begin'), input: z.strictObject({}), reply: BegunTotp, access: inPerson });
export const confirmTotp = defineRequest({ subject: rpc('confirm'), input: z.strictObject({ code: SecondFactorCode, ...from }), reply: RecoveryCodes, access: inPerson });
export const disableTotp = defineRequest({ subject: rpc('disable'), input: z.strictObject({ password: z.string().min(1).max(1024), code: SecondFactorCode, ...from }), reply: z.object({}), access: inPerson });
/** The ones before are no longer good. */
export const newRecoveryCodes = defineRequest({ subject: rpc('new-recovery-codes'), input: z.strictObject({ code: SecondFactorCode, ...from }), reply: RecoveryCodes, access: inPerson });
