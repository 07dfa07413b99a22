/**
 * Turning off the second factor of somebody who has lost it, and the recovery codes too: by an administrator who has just
 * signed in, as an act of its own beside the recovery of a password, with its own entry in the audit. The person's sessions
 * end with it; the password stays, and is all that is asked for next time, unless the installation asks for a factor.
 */
import { UserId, type Caller, type resetSecondFactor } from '@citrus/contracts';
import { Forbidden, NotFound, Refusal } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { loadState } from '../append-together.ts';
import type { Trace } from '../command-context.ts';
import { INSTALLATION, installationDecider } from '../installation/installation.decider.ts';
import type { OwnAccess } from '../session/own-access.ts';
import { userDecider } from '../user/user.decider.ts';
import type { SecondFactors } from './second-factors.ts';

type Parts = { readonly store: EventStore; readonly secondFactors: Pick<SecondFactors, 'reset'>; readonly own: Pick<OwnAccess, 'requireRecent' | 'endAllOf'> };
export type ResetFactor = (userId: string, caller: Caller, trace: Trace) => Promise<z.infer<typeof resetSecondFactor.reply>>;

export const createResetFactor = ({ store, secondFactors, own }: Parts): ResetFactor => async (userId, caller, trace) => {
  await own.requireRecent(caller);
  const { state: installation } = await loadState(store, INSTALLATION, installationDecider);
  if (!installation.administrators.includes(caller.userId)) throw new Forbidden('You are not an administrator of this installation any more.', 'administrator.needed');
  if (userId === caller.userId) throw new Refusal('second_factor.oneself', 'This is for others. Turn your own second factor off in your account, with a code of it; or ask another administrator.');
  const { state: user } = await loadState(store, `user-${userId}`, userDecider);
  if (user.status !== 'active') throw new NotFound('user.unknown', 'There is no such person. Service accounts have no second factor.');
  const wasOn = await secondFactors.reset(userId, caller.userId, trace);
  return { userId: UserId.parse(userId), wasOn, ended: await own.endAllOf(caller, userId, trace, 'factor-reset') };
};
