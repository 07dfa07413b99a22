/**
 * Forgetting a person. First the fact, in one append with the end of every membership; from then on nobody can sign in
 * as that person. Then, before the answer, the rest: the key is destroyed and open sessions are closed. Whoever dies in
 * between is followed by the erasures of every replica, which read the fact and do the same (`forget`).
 */
import type { Actor, Caller, ErasedUser, UserId } from '@citrus/contracts';
import { Forbidden, fold, NotFound, Unauthenticated, Unavailable, type Clock } from '@citrus/kit-domain';
import { newId, StreamChanged, type AppendContext, type EventStore, type Projections, type StreamAppend } from '@citrus/kit-event-store';
import type { RequestContext } from '@citrus/kit-messaging';
import type { Audit } from '../audit/audit.ts';
import { projectDecider, type Project } from '../project/project.decider.ts';
import type { ProjectEvent } from '../project/project.events.ts';
import { subjectOf } from '../subject/personal-text.ts';
import { userDecider, type User } from './user.decider.ts';
import type { UserEvent } from './user.events.ts';
import type { Users } from './users.store.ts';

const TRIES = 10;

type Parts = {
  readonly store: EventStore;
  readonly projections: Projections;
  readonly users: Users;
  readonly forget: (subjectIds: readonly string[]) => Promise<void>;
  readonly audit: Audit;
  readonly clock: Clock;
};
type Trace = Pick<RequestContext, 'correlationId' | 'traceparent'>;
export type EraseUser = (input: { userId: UserId }, caller: Caller, trace: Trace) => Promise<ErasedUser>;

const load = async (store: EventStore, userId: string): Promise<{ user: User; version: number }> => {
  const { events, version } = await store.load(`user-${userId}`);
  return { user: fold(userDecider, events as unknown as UserEvent[]), version };
};

const loadProject = async (store: EventStore, projectId: string): Promise<{ project: Project; version: number }> => {
  const { events, version } = await store.load(`project-${projectId}`);
  return { project: fold(projectDecider, events as unknown as ProjectEvent[]), version };
};

/** Oneself; or an owner of a project that the person is, or was, a member of. As it is now: a token may be older than the role. */
const checkMay = async ({ users }: Parts, caller: Caller, userId: string, user: User): Promise<void> => {
  if (caller.userId === userId && user.status !== 'none') return;
  const asking = await users.byId(caller.userId);
  if (!asking) throw new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
  const shared = user.status === 'none' ? [] : asking.memberships.filter(({ projectId }) => Object.hasOwn(user.roles, projectId));
  if (shared.length === 0) throw new NotFound('user.unknown', 'There is no such user in your projects.');
  if (!shared.some(({ role }) => role === 'owner')) throw new Forbidden('Only the person and the owners of the project may have a person forgotten.', 'role.insufficient');
};

/** One try. The version of each project's stream is read before its owners: two owners cannot both leave the other one behind. */
const decideErasure = async ({ store, projections, users, clock }: Parts, userId: string, { user, version }: { user: User; version: number }): Promise<StreamAppend[]> => {
  const roles = user.status === 'active' ? Object.entries(user.roles) : [];
  const projects = await Promise.all(roles.map(async ([projectId, role]) => ({ projectId, role, ...(await loadProject(store, projectId)) })));
  await projections.reached(await store.head());
  const ownerless: string[] = [];
  for (const { projectId, role } of projects) {
    if (role === 'owner' && (await users.ownersOf(projectId)).every((owner) => owner === userId)) ownerless.push(projectId);
  }
  const events = userDecider.decide({ type: 'EraseUser', data: { userId, ownerless }, at: clock().toISOString() }, user);
  if (events.length === 0) return [];
  const memberships = projects.map(({ projectId, project, version }): StreamAppend => ({
    stream: `project-${projectId}`, expected: version, projectId,
    events: projectDecider.decide({ type: 'EndMembership', data: { projectId, userId, reason: 'erased' } }, project),
  }));
  return [{ stream: `user-${userId}`, expected: version, events }, ...memberships.filter(({ events }) => events.length > 0)];
};

const record = async (parts: Parts, userId: string, caller: Caller, trace: Trace): Promise<void> => {
  const actor: Actor = { kind: 'user', id: caller.userId };
  for (let tries = 1; ; tries += 1) {
    const loaded = await load(parts.store, userId);
    await checkMay(parts, caller, userId, loaded.user);
    const appends = await decideErasure(parts, userId, loaded);
    if (appends.length === 0) return;
    const context: AppendContext = { commandId: newId(), actor, correlationId: trace.correlationId, ...(trace.traceparent && { traceparent: trace.traceparent }) };
    try {
      await parts.store.appendAll(appends, context);
      return;
    } catch (error) {
      if (!(error instanceof StreamChanged)) throw error;
      if (tries === TRIES) throw new Unavailable('The members of the project change too often at the moment. Try again soon.', { cause: error });
    }
  }
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
  const { user } = await load(store, userId);
  if (user.status !== 'erased') throw new Error(`${userId} was erased and is not`);
  audit({ action: 'user.erase', outcome: 'allowed', actor: { kind: 'user', id: caller.userId }, reason: `user ${userId}` });
  return { userId, erasedAt: user.at };
};
