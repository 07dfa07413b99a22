/**
 * Forgetting a person. First the fact, in one append with the end of every role; from then on nobody can sign in as that
 * person. Then, before the answer, the rest: the key is destroyed and open sessions are closed. Whoever dies in between is
 * followed by the erasures of every replica, which read the fact and do the same (`forget`).
 */
import type { Caller, ErasedUser, UserId } from '@citrus/contracts';
import { Forbidden, NotFound, Unauthenticated, Unavailable, type Clock } from '@citrus/kit-domain';
import type { EventStore, Projections, StreamAppend } from '@citrus/kit-event-store';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import type { Audit } from '../audit/audit.ts';
import { INSTALLATION, installationDecider } from '../installation/installation.decider.ts';
import { isLastOwner, projectDecider } from '../project/project.decider.ts';
import { subjectOf } from '../subject/personal-text.ts';
import { userDecider, type User } from './user.decider.ts';
import type { Users } from './users.store.ts';

type Parts = {
  readonly store: EventStore;
  readonly projections: Projections;
  readonly users: Users;
  readonly forget: (subjectIds: readonly string[]) => Promise<void>;
  readonly audit: Audit;
  readonly clock: Clock;
};
export type EraseUser = (input: { userId: UserId }, caller: Caller, trace: Trace) => Promise<ErasedUser>;

const load = (store: EventStore, userId: string) => loadState(store, `user-${userId}`, userDecider);

/** Oneself, or an administrator of the installation, as it is now: a token may be older. Owners of one project do not decide about somebody's others. */
const checkMay = async ({ users }: Parts, caller: Caller, userId: string, user: User): Promise<void> => {
  if (caller.userId === userId && user.status !== 'none') return;
  const asking = await users.byId(caller.userId);
  if (!asking) throw new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
  if (!asking.isAdministrator) throw new Forbidden('Only the person and the administrators of this installation may have a person forgotten.', 'administrator.needed');
  if (user.status === 'none') throw new NotFound('user.unknown', 'There is no such user.');
};

/**
 * One try. Every stream is appended to at the version that was read, so two owners cannot both leave the other one behind;
 * and whoever gives a role meanwhile changes the person's own stream.
 */
const decideErasure = async ({ store, projections, users, clock }: Parts, userId: string): Promise<{ appends: StreamAppend[]; result: undefined }> => {
  const { state: user, version } = await load(store, userId);
  await projections.reached(await store.head());
  const { projectIds, isAdministrator } = await users.rolesOf(userId);
  const projects = await Promise.all(projectIds.map(async (projectId) => ({ projectId, ...(await loadState(store, `project-${projectId}`, projectDecider)) })));
  const installation = isAdministrator ? await loadState(store, INSTALLATION, installationDecider) : undefined;
  const ownerless = projects.filter(({ state }) => isLastOwner(state, userId)).map(({ projectId }) => projectId);
  const isLastAdministrator = installation?.state.administrators.every((other) => other === userId) ?? false;
  const events = userDecider.decide({ type: 'EraseUser', data: { userId, ownerless, isLastAdministrator }, at: clock().toISOString() }, user);
  if (events.length === 0) return { appends: [], result: undefined };
  const memberships = projects.map(({ projectId, state, version: expected }): StreamAppend =>
    ({ stream: `project-${projectId}`, expected, projectId, events: projectDecider.decide({ type: 'EraseMember', data: { projectId, userId } }, state) }));
  const administration: StreamAppend[] = installation
    ? [{ stream: INSTALLATION, expected: installation.version, events: installationDecider.decide({ type: 'RevokeAdministrator', data: { userId, reason: 'erased' } }, installation.state) }] : [];
  return { appends: [{ stream: `user-${userId}`, expected: version, events }, ...memberships, ...administration], result: undefined };
};

const record = async (parts: Parts, userId: string, caller: Caller, trace: Trace): Promise<void> => {
  const { state } = await load(parts.store, userId);
  await checkMay(parts, caller, userId, state);
  await appendTogether(parts.store, () => contextOf(trace, byUser(caller.userId)), () => decideErasure(parts, userId));
};

export const createEraseUser = (parts: Parts): EraseUser => async ({ userId }, caller, trace) => {
  const { store, projections, forget, audit } = parts;
  await record(parts, userId, caller, trace);
  await projections.reached(await store.head());
  try {
    await forget([subjectOf(userId)]);
  } catch (cause) {
    if (!(cause instanceof Unavailable)) throw cause;
    throw new Unavailable('The person can no longer sign in. What is stored is destroyed as soon as the keyring answers; ask again to see whether it is done.', { cause });
  }
  const { state: user } = await load(store, userId);
  if (user.status !== 'erased') throw new Error(`${userId} was erased and is not`);
  audit({ action: 'user.erase', outcome: 'allowed', actor: byUser(caller.userId), reason: `user ${userId}` });
  return { userId, erasedAt: user.at };
};
