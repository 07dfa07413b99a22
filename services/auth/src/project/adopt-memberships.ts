/**
 * Takes over who is a member from the streams of an older release, where each role stood with the person, into the stream
 * of the project. Done at every start: what the project's stream says about a person counts, so it changes nothing twice.
 */
import type { Role } from '@citrus/contracts';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import { byAuth, contextOf } from '../command-context.ts';
import { projectDecider, type ProjectCommand } from './project.decider.ts';

const PAGE = 500;

type Parts = { readonly store: EventStore; readonly projections: Projections };
type Roles = Map<string, Role>;

const readOlder = async (store: EventStore): Promise<Map<string, Roles>> => {
  const byProject = new Map<string, Roles>();
  for (let after = 0; ; ) {
    const { events } = await store.read({ after, limit: PAGE, types: ['MembershipGranted'], category: 'user' });
    for (const { data } of events) {
      const roles = byProject.get(String(data['projectId'])) ?? new Map<string, Role>();
      byProject.set(String(data['projectId']), roles.set(String(data['userId']), data['role'] as Role));
    }
    const last = events.at(-1);
    if (!last) return byProject;
    after = last.position;
  }
};

export const adoptMemberships = async ({ store, projections }: Parts): Promise<void> => {
  for (const [projectId, roles] of await readOlder(store)) {
    const commands = [...roles].map(([userId, role]): ProjectCommand => ({ type: 'AdoptMembership', data: { userId, projectId, role } }));
    // Each is about another person, so none changes what another one comes to.
    const decide = (project: typeof projectDecider.initialState) => commands.flatMap((command) => projectDecider.decide(command, project));
    await store.update(`project-${projectId}`, projectDecider, decide, contextOf({ correlationId: `adopt-memberships-${projectId}` }, byAuth, projectId));
  }
  await projections.reached(await store.head());
};
