/**
 * A person's second factor. It is on once a code of the app was seen. Every code is good for one use: a step of the time
 * that was used, and all before it, are over, and a recovery code that was used is gone. Both stand in the stream, whose
 * version decides between two that come at the same moment.
 *
 * Codes are worked out by whoever asks, because that needs the secret: a command carries the steps whose code it is.
 */
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { PersonalText } from '../subject/personal-text.ts';
import type { SecondFactorEvent } from './second-factor.events.ts';

/** What a typed code may be: the code of these steps, or the recovery code with this hash. */
export type Proof = { readonly steps: readonly number[]; readonly recoveryHash: string };
export type SecondFactorCommand =
  | { readonly type: 'BeginTotp'; readonly data: { readonly userId: string; readonly secret: PersonalText } }
  | { readonly type: 'ConfirmTotp'; readonly data: { readonly steps: readonly number[]; readonly recoveryHashes: readonly string[] } }
  | { readonly type: 'UseCode'; readonly data: Proof }
  | { readonly type: 'MakeRecoveryCodes'; readonly data: Proof & { readonly recoveryHashes: readonly string[] } }
  | { readonly type: 'DisableTotp'; readonly data: Proof }
  /** By an administrator, of somebody who has lost it. */
  | { readonly type: 'ResetFactor' }
  /** What was begun, by whoever it was, is not gone on with. */
  | { readonly type: 'DropBegun' }
  /** Without a code: the person proved to be himself in a way that counts for more. Also what was only begun, by whoever it was. */
  | { readonly type: 'DropTotp' };

type On = { readonly status: 'on'; readonly userId: string; readonly secret: PersonalText; readonly lastStep: number; readonly recoveryHashes: readonly string[] };
export type SecondFactorState = { readonly status: 'off' } | { readonly status: 'begun'; readonly userId: string; readonly secret: PersonalText } | On;

const wrongCode = () => new Refusal('second_factor.wrong_code', 'The code is wrong, was used before, or is over: each lives for 30 seconds. Take the one that your app shows now; if none is right, look at the time of your phone.');
const notOn = () => new Refusal('second_factor.off', 'There is no second factor to use. Set one up first.');

/** The fact that this code was used. @throws Refusal for one that is wrong, or was used before */
const used = ({ steps, recoveryHash }: Proof, state: SecondFactorState): SecondFactorEvent => {
  if (state.status !== 'on') throw notOn();
  const { userId, lastStep, recoveryHashes } = state;
  const step = steps.find((one) => one > lastStep);
  if (step !== undefined) return { type: 'TotpUsed', data: { userId, step } };
  if (recoveryHashes.includes(recoveryHash)) return { type: 'RecoveryCodeUsed', data: { userId, recoveryHash } };
  throw wrongCode();
};

const confirm = ({ steps, recoveryHashes }: Extract<SecondFactorCommand, { type: 'ConfirmTotp' }>['data'], state: SecondFactorState): SecondFactorEvent[] => {
  if (state.status === 'on') throw new Refusal('second_factor.on', 'The second factor is on already.');
  if (state.status === 'off') throw new Refusal('second_factor.not_begun', 'Begin first, and add the secret to your authenticator app.');
  const [step] = steps;
  if (step === undefined) throw wrongCode();
  return [{ type: 'TotpConfirmed', data: { userId: state.userId, step, recoveryHashes: [...recoveryHashes] } }];
};

const decide = (command: SecondFactorCommand, state: SecondFactorState): SecondFactorEvent[] => {
  switch (command.type) {
    case 'BeginTotp':
      if (state.status === 'on') throw new Refusal('second_factor.on', 'The second factor is on already. Turn it off before you set up another app.');
      return [{ type: 'TotpBegun', data: command.data }];
    case 'ConfirmTotp':
      return confirm(command.data, state);
    case 'UseCode':
      return [used(command.data, state)];
    case 'MakeRecoveryCodes': {
      const use = used(command.data, state);
      return [use, { type: 'RecoveryCodesMade', data: { userId: use.data.userId, recoveryHashes: [...command.data.recoveryHashes] } }];
    }
    case 'DisableTotp': {
      const use = used(command.data, state);
      return [use, { type: 'TotpDisabled', data: { userId: use.data.userId } }];
    }
    case 'ResetFactor':
      return state.status === 'off' ? [] : [{ type: 'SecondFactorReset', data: { userId: state.userId } }];
    case 'DropBegun':
      return state.status === 'begun' ? [{ type: 'TotpDisabled', data: { userId: state.userId } }] : [];
    case 'DropTotp':
      return state.status === 'off' ? [] : [{ type: 'TotpDisabled', data: { userId: state.userId } }];
  }
};

const evolve = (state: SecondFactorState, event: SecondFactorEvent): SecondFactorState => {
  switch (event.type) {
    case 'TotpBegun':
      return { status: 'begun', ...event.data };
    case 'TotpConfirmed':
      return state.status === 'begun' ? { ...state, status: 'on', lastStep: event.data.step, recoveryHashes: event.data.recoveryHashes } : state;
    case 'TotpUsed':
      return state.status === 'on' ? { ...state, lastStep: event.data.step } : state;
    case 'RecoveryCodeUsed':
      return state.status === 'on' ? { ...state, recoveryHashes: state.recoveryHashes.filter((hash) => hash !== event.data.recoveryHash) } : state;
    case 'RecoveryCodesMade':
      return state.status === 'on' ? { ...state, recoveryHashes: event.data.recoveryHashes } : state;
    case 'TotpDisabled':
    case 'SecondFactorReset':
      return { status: 'off' };
  }
};

export const secondFactorDecider: Decider<SecondFactorState, SecondFactorCommand, SecondFactorEvent> = {
  initialState: { status: 'off' },
  decide,
  evolve,
  // One event for every sign-in.
  snapshot: { name: 'second-factor', version: 1, every: 50 },
};
