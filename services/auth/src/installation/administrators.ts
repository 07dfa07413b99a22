/** Making and unmaking administrators of the installation, and the list of everybody for them. */
import type { Caller, grantAdministrator, User } from '@citrus/contracts';
import { Forbidden, NotFound } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import { userDecider } from '../user/user.decider.ts';
import { INSTALLATION, installationDecider, type Installation } from './installation.decider.ts';

type Parts = { readonly store: EventStore; readonly projections: Projections };
type Administers = z.infer<typeof grantAdministrator.reply>;
type One = { readonly userId: User['userId'] };
export type Administrators = {
  grant(input: One, caller: Caller, trace: Trace): Promise<Administers>;
  revoke(input: One, caller: Caller, trace: Trace): Promise<Administers>;
};

const unknown = () => new NotFound('user.unknown', 'There is no such user.');

/** As it is now: who was unmade a moment ago still has an access token, and must not make himself one again with it. */
const checkActs = ({ administrators }: Installation, { userId }: Caller): void => {
  if (!administrators.includes(userId)) throw new Forbidden('You are not an administrator of this installation any more.', 'administrator.needed');
};

const decideGrant = async ({ store }: Parts, userId: string, caller: Caller) => {
  const [user, installation] = [await loadState(store, `user-${userId}`, userDecider), await loadState(store, INSTALLATION, installationDecider)];
  checkActs(installation.state, caller);
  if (user.state.status !== 'active') throw unknown();
  const events = installationDecider.decide({ type: 'GrantAdministrator', data: { userId } }, installation.state);
  if (events.length === 0) return { appends: [], result: undefined };
  const taken = userDecider.decide({ type: 'TakeRole', data: { userId, projectId: null } }, user.state);
  return { appends: [{ stream: INSTALLATION, expected: installation.version, events }, { stream: `user-${userId}`, expected: user.version, events: taken }], result: undefined };
};

const decideRevoke = async ({ store }: Parts, userId: string, caller: Caller) => {
  const { state, version } = await loadState(store, INSTALLATION, installationDecider);
  checkActs(state, caller);
  return { appends: [{ stream: INSTALLATION, expected: version, events: installationDecider.decide({ type: 'RevokeAdministrator', data: { userId, reason: 'revoked' } }, state) }], result: undefined };
};

export const createAdministrators = (parts: Parts): Administrators => {
  const { store, projections } = parts;
  const change = (isAdministrator: boolean, decide: typeof decideGrant | typeof decideRevoke): Administrators['grant'] => async ({ userId }, caller, trace) => {
    const actor = byUser(caller.userId);
    await appendTogether(store, () => contextOf(trace, actor), () => decide(parts, userId, caller));
    await projections.reached(await store.head());
    return { userId, isAdministrator };
  };
  return { grant: change(true, decideGrant), revoke: change(false, decideRevoke) };
};
