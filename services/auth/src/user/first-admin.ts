/**
 * Makes the first admin and the default project while nobody has a role anywhere, and sees to it that the installation has
 * an administrator. Each step may be done again, so that a start that was cut short goes on where it stopped. The admin's
 * id comes from the project's in the file, so that two replicas that start together make the same one; not from the
 * e-mail address, because an id outlives its person and anybody could try addresses on it.
 */
import { uuidFrom, type AppendContext, type EventStore, type Projections, type SubjectKeys } from '@citrus/kit-event-store';
import { byAuth, contextOf } from '../command-context.ts';
import type { FirstAdmin } from '../config.ts';
import { INSTALLATION, installationDecider } from '../installation/installation.decider.ts';
import { projectDecider } from '../project/project.decider.ts';
import { subjectOf } from '../subject/personal-text.ts';
import { normalEmail } from './email.ts';
import { sealPerson } from './new-user.ts';
import type { Passwords } from './password.ts';
import { userDecider, type UserCommand } from './user.decider.ts';
import type { Users } from './users.store.ts';

type Log = { readonly store: EventStore; readonly projections: Projections; readonly users: Users };
type Parts = Log & { readonly passwords: Passwords; readonly keys: SubjectKeys };

export const firstAdminOf = (projectId: string): string => uuidFrom('first admin', projectId);

const contextFor = (userId: string, projectId?: string): AppendContext => contextOf({ correlationId: `first-admin-${userId}` }, byAuth, projectId);

const makeAdministrator = ({ store }: Pick<Parts, 'store'>, userId: string) =>
  store.update(INSTALLATION, installationDecider, (installation) => installationDecider.decide({ type: 'EnsureAdministrator', data: { userId } }, installation), contextFor(userId));

export const ensureFirstAdmin = async (parts: Parts, admin: FirstAdmin): Promise<void> => {
  const { store, projections, users, keys } = parts;
  await projections.reached(await store.head());
  if (await users.isAnyMember()) return;
  const { projectId } = admin;
  const userId = firstAdminOf(projectId);
  const create: UserCommand = { type: 'CreateUser', data: await sealPerson(parts, userId, admin) };
  await store.update(`user-${userId}`, userDecider, (user) => userDecider.decide(create, user), contextFor(userId));
  await keys.name(subjectOf(userId), normalEmail(admin.email));
  const project = { projectId, name: admin.projectName, ownerId: userId };
  const stream = `project-${projectId}`;
  await store.update(stream, projectDecider, (state) => projectDecider.decide({ type: 'CreateProject', data: project }, state), contextFor(userId, projectId));
  // An older release may have been cut short between the project and the role.
  await store.update(stream, projectDecider, (state) => projectDecider.decide({ type: 'AdoptMembership', data: { userId, projectId, role: 'owner' } }, state), contextFor(userId, projectId));
  const { position } = await makeAdministrator(parts, userId);
  await projections.reached(position);
};

/**
 * For an installation that is older than its administrators: the first admin, whoever else owns something meanwhile; if he
 * is gone, the owner whose account is oldest. Not every owner: nobody gets rights over projects that are not his own
 * by an upgrade, but one person, who can then choose others.
 */
export const ensureAdministrator = async (parts: Log): Promise<void> => {
  const { store, projections, users } = parts;
  await projections.reached(await store.head());
  if (await users.isAnyAdministrator()) return;
  const owners = await users.ownersByAge();
  const chosen = owners.find(({ userId, projectIds }) => projectIds.some((projectId) => firstAdminOf(projectId) === userId)) ?? owners[0];
  if (!chosen) return;
  const { position } = await makeAdministrator(parts, chosen.userId);
  await projections.reached(position);
};
