/**
 * Makes the first admin and the default project while nobody has a role anywhere; the role comes last, so that a start
 * that was cut short goes on where it stopped. The admin's id comes from the project's in the file, so that two
 * replicas that start together make the same one; not from the e-mail address, because an id outlives its person and
 * anybody could try addresses on it.
 */
import { newId, uuidFrom, type AppendContext, type EventStore, type Projections, type SubjectKeys } from '@citrus/kit-event-store';
import type { FirstAdmin } from '../config.ts';
import { projectDecider } from '../project/project.decider.ts';
import { subjectOf } from '../subject/personal-text.ts';
import { normalEmail } from './email.ts';
import { sealPerson } from './new-user.ts';
import type { Passwords } from './password.ts';
import { userDecider, type UserCommand } from './user.decider.ts';
import type { Users } from './users.store.ts';

type Parts = { readonly store: EventStore; readonly projections: Projections; readonly users: Users; readonly passwords: Passwords; readonly keys: SubjectKeys };

export const ensureFirstAdmin = async (parts: Parts, admin: FirstAdmin): Promise<void> => {
  const { store, projections, users, keys } = parts;
  await projections.reached(await store.head());
  if (await users.isAnyMember()) return;
  const { projectId } = admin;
  const userId = uuidFrom('first admin', projectId);
  const context = (): AppendContext => ({ commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: `first-admin-${userId}` });
  const create: UserCommand = { type: 'CreateUser', data: await sealPerson(parts, userId, admin) };
  await store.update(`project-${projectId}`, projectDecider, (project) => projectDecider.decide({ type: 'CreateProject', data: { projectId, name: admin.projectName } }, project), { ...context(), projectId });
  await store.update(`user-${userId}`, userDecider, (user) => userDecider.decide(create, user), context());
  await keys.name(subjectOf(userId), normalEmail(admin.email));
  const { position } = await store.update(`user-${userId}`, userDecider, (user) => userDecider.decide({ type: 'GrantMembership', data: { userId, projectId, role: 'owner' } }, user), { ...context(), projectId });
  await projections.reached(position);
};
