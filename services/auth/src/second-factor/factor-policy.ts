/**
 * Whether everybody needs a second factor, and whether a sign-in that has shown none is good for more than setting one up
 * (ADR 0016). It is asked for each access token, from the log itself: what an administrator decided counts for the next one.
 */
import type { Caller, SecondFactorPolicy, SetSecondFactorPolicy } from '@citrus/contracts';
import { Forbidden, Refusal, type Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { loadState } from '../append-together.ts';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { INSTALLATION, installationDecider, type Installation } from '../installation/installation.decider.ts';
import { SESSION_MS, sessionDecider, type OpenSession } from '../session/session.decider.ts';
import type { SecondFactors } from './second-factors.ts';

const DAY_MS = 86_400_000;

type Parts = { readonly store: EventStore; readonly secondFactors: Pick<SecondFactors, 'isOn'>; readonly clock: Clock };
export type FactorPolicy = {
  read(): Promise<SecondFactorPolicy>;
  /** @throws Refusal `second_factor.own_first` by somebody whom it would shut out */
  set(input: z.infer<typeof SetSecondFactorPolicy>, caller: Caller, trace: Trace): Promise<SecondFactorPolicy>;
  isRequired(): Promise<boolean>;
  /** Whether this sign-in must show a second factor before it is good for anything else. */
  isDue(session: OpenSession): Promise<boolean>;
};

const enforcedFrom = ({ at, graceDays }: NonNullable<Installation['secondFactor']>): number => Date.parse(at) + graceDays * DAY_MS;

const asTold = ({ secondFactor }: Installation): SecondFactorPolicy =>
  secondFactor ? { isRequired: true, since: secondFactor.at, enforcedFrom: new Date(enforcedFrom(secondFactor)).toISOString() } : { isRequired: false, since: null, enforcedFrom: null };

/** A factor that was turned off since counts for nothing. */
const isShown = async ({ secondFactors }: Parts, { secondFactor, userId }: OpenSession): Promise<boolean> =>
  secondFactor === 'provider' || (secondFactor === 'totp' && (await secondFactors.isOn(userId)));

const installationOf = async ({ store }: Parts): Promise<Installation> => (await loadState(store, INSTALLATION, installationDecider)).state;

const requireOwn = async (parts: Parts, { credentialId }: Caller): Promise<void> => {
  const { state } = await loadState(parts.store, `session-${credentialId}`, sessionDecider);
  if (state.status === 'open' && (await isShown(parts, state))) return;
  throw new Refusal('second_factor.own_first', 'Set up your own second factor first, or give a code of it in your account: this sign-in has shown none, and would be shut out itself.');
};

export const createFactorPolicy = (parts: Parts): FactorPolicy => ({
  read: async () => asTold(await installationOf(parts)),
  isRequired: async () => (await installationOf(parts)).secondFactor !== undefined,
  set: async ({ isRequired, graceDays }, caller, trace) => {
    const at = parts.clock().toISOString();
    const { administrators } = await installationOf(parts);
    if (!administrators.includes(caller.userId)) throw new Forbidden('You are not an administrator of this installation any more.', 'administrator.needed');
    if (isRequired) await requireOwn(parts, caller);
    const command = isRequired ? ({ type: 'RequireSecondFactor', data: { at, graceDays } } as const) : ({ type: 'MakeSecondFactorOptional', data: { at } } as const);
    const { state } = await parts.store.update(INSTALLATION, installationDecider, (installation) => installationDecider.decide(command, installation), contextOf(trace, byUser(caller.userId)));
    return asTold(state);
  },
  isDue: async (session) => {
    const { secondFactor: policy } = await installationOf(parts);
    if (!policy || (await isShown(parts, session))) return false;
    const startedAt = Date.parse(session.expiresAt) - SESSION_MS;
    return startedAt >= Date.parse(policy.at) || parts.clock().getTime() >= enforcedFrom(policy);
  },
});
