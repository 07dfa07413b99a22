/**
 * Makes the first admin and the default project while nobody has a role anywhere; the role comes last, so that a start
 * that was cut short goes on where it stopped. The ids come from the e-mail address and the
 * file, so that two replicas that start together make the same one.
 */
import { newId, uuidFrom, type AppendContext, type EventStore, type Projections } from '@citrus/kit-event-store';
import type { FirstAdmin } from '../config.ts';
import { projectDecider } from '../project/project.decider.ts';
import type { Passwords } from './password.ts';
import { userDecider } from './user.decider.ts';
import type { Users } from './user.projection.ts';

export const normalEmail = (email: string): string => email.trim().toLowerCase();

type Parts = { readonly store: EventStore; readonly projections: Projections; readonly users: Users; readonly passwords: Passwords };

export const ensureFirstAdmin = async ({ store, projections, users, passwords }: Parts, admin: FirstAdmin): Promise<void> => {
  await projections.reached(await store.head());
  if (await users.isAnyMember()) return;
  const { projectId } = admin;
  const email = normalEmail(admin.email);
  const userId = uuidFrom('user', email);
  const context = (): AppendContext => ({ commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: `first-admin-${userId}` });
  const sealedPassword = await passwords.seal(userId, admin.password);
  await store.update(`project-${projectId}`, projectDecider, (project) => projectDecider.decide({ type: 'CreateProject', data: { projectId, name: admin.projectName } }, project), { ...context(), projectId });
  await store.update(`user-${userId}`, userDecider, (user) => userDecider.decide({ type: 'CreateUser', data: { userId, email, name: admin.name, sealedPassword } }, user), context());
  const { position } = await store.update(`user-${userId}`, userDecider, (user) => userDecider.decide({ type: 'GrantMembership', data: { userId, projectId, role: 'owner' } }, user), { ...context(), projectId });
  await projections.reached(position);
};
