/** Setting up, using and turning off the second factor of a person. What is tried wrong counts like a failed sign-in. */
import type { BegunTotp, RecoveryCodes, SecondFactor } from '@citrus/contracts';
import { Forbidden, Refusal, type Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import { newRecoveryCodes, newSecret, proofOf, uriOf } from './codes.ts';
import { secondFactorDecider, type Proof, type SecondFactorCommand, type SecondFactorState } from './second-factor.decider.ts';

type Person = { readonly userId: string; readonly email: string };
type Code = { readonly userId: string; readonly code: string };

export type SecondFactors = {
  read(userId: string): Promise<Omit<SecondFactor, 'isRequired'>>;
  isOn(userId: string): Promise<boolean>;
  /** What the code proves, for a commit of somebody else's. @throws Refusal when there is no second factor */
  proofOf(code: Code): Promise<Proof>;
  /** Of somebody else, by an administrator. Whether it was on. */
  reset(userId: string, by: string, trace: Trace): Promise<boolean>;
  begin(person: Person, trace: Trace): Promise<BegunTotp>;
  /** @throws Refusal when the code is not one of the app's */
  confirm(code: Code, trace: Trace): Promise<RecoveryCodes>;
  /** @throws Refusal for a wrong code or one that was used */
  use(code: Code, trace: Trace): Promise<void>;
  newRecoveryCodes(code: Code, trace: Trace): Promise<RecoveryCodes>;
  disable(code: Code, trace: Trace): Promise<void>;
};

type Parts = { readonly store: EventStore; readonly texts: PersonalTexts; readonly clock: Clock };

const stream = (userId: string): string => `secondfactor-${userId}`;

const stateOf = async ({ store }: Parts, userId: string): Promise<SecondFactorState> =>
  (await store.update(stream(userId), secondFactorDecider, () => [], contextOf({ correlationId: 'second-factor' }, byUser(userId)))).state;

/** What the code proves by the secret that is set up now. @throws Refusal when there is none */
const prove = async (parts: Parts, { userId, code }: Code): Promise<Proof> => {
  const state = await stateOf(parts, userId);
  if (state.status === 'off') throw new Refusal('second_factor.off', 'There is no second factor to use. Set one up first.');
  const secret = await parts.texts.open(userId, places.totp(userId), state.secret);
  if (secret === undefined) throw new Forbidden('This person was forgotten.');
  return proofOf(secret, code, parts.clock());
};

const carryOut = ({ store }: Parts, { userId, command }: { userId: string; command: SecondFactorCommand }, trace: Trace) =>
  store.update(stream(userId), secondFactorDecider, (state) => secondFactorDecider.decide(command, state), contextOf(trace, byUser(userId)));

export const createSecondFactors = (parts: Parts): SecondFactors => ({
  read: async (userId) => {
    const state = await stateOf(parts, userId);
    return { isOn: state.status === 'on', recoveryCodesLeft: state.status === 'on' ? state.recoveryHashes.length : 0 };
  },
  isOn: async (userId) => (await stateOf(parts, userId)).status === 'on',
  proofOf: (code) => prove(parts, code),
  reset: async (userId, by, trace) => {
    const { events } = await parts.store.update(stream(userId), secondFactorDecider, (state) => secondFactorDecider.decide({ type: 'ResetFactor' }, state), contextOf(trace, byUser(by)));
    return events.length > 0;
  },
  begin: async ({ userId, email }, trace) => {
    const secret = newSecret();
    const sealed = await parts.texts.seal(userId, places.totp(userId), secret);
    await carryOut(parts, { userId, command: { type: 'BeginTotp', data: { userId, secret: sealed } } }, trace);
    return { secret, uri: uriOf(secret, email) };
  },
  confirm: async (code, trace) => {
    const { steps } = await prove(parts, code);
    const { codes, hashes } = newRecoveryCodes();
    await carryOut(parts, { userId: code.userId, command: { type: 'ConfirmTotp', data: { steps, recoveryHashes: hashes } } }, trace);
    return { recoveryCodes: codes };
  },
  use: async (code, trace) => {
    await carryOut(parts, { userId: code.userId, command: { type: 'UseCode', data: await prove(parts, code) } }, trace);
  },
  newRecoveryCodes: async (code, trace) => {
    const { codes, hashes } = newRecoveryCodes();
    await carryOut(parts, { userId: code.userId, command: { type: 'MakeRecoveryCodes', data: { ...(await prove(parts, code)), recoveryHashes: hashes } } }, trace);
    return { recoveryCodes: codes };
  },
  disable: async (code, trace) => {
    await carryOut(parts, { userId: code.userId, command: { type: 'DisableTotp', data: await prove(parts, code) } }, trace);
  },
});
