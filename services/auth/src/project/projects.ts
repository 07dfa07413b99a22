/** Making and naming projects, and changing who is in them. Each is one command to the project's own stream. */
import type { Caller, changeMemberRole, createProject, listProjects, Member, Project, ProjectId, removeMember, renameProject, UserId } from '@citrus/contracts';
import { Forbidden, NotFound } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import type { People } from '../user/people.store.ts';
import type { Users } from '../user/users.store.ts';
import { projectDecider, type ProjectCommand } from './project.decider.ts';
import type { ProjectList } from './projects.store.ts';

type InputOf<Definition extends { input: z.ZodType }> = z.infer<Definition['input']>;
type Parts = { readonly store: EventStore; readonly projections: Projections; readonly users: Users; readonly people: People; readonly projects: ProjectList };

export type Projects = {
  create(input: InputOf<typeof createProject>, caller: Caller, trace: Trace): Promise<Project>;
  list(input: InputOf<typeof listProjects>, caller: Caller): Promise<z.infer<typeof listProjects.reply>>;
  rename(input: InputOf<typeof renameProject>, caller: Caller, trace: Trace): Promise<Project>;
  changeRole(input: InputOf<typeof changeMemberRole>, caller: Caller, trace: Trace): Promise<Member>;
  remove(input: InputOf<typeof removeMember>, caller: Caller, trace: Trace): Promise<{ projectId: ProjectId; userId: UserId }>;
};

/** The roles that count: a person's as they are now, an API token's as it carries them. */
const membershipsOf = async ({ users }: Parts, caller: Caller) => {
  if (caller.signedInBy === 'token') return { memberships: caller.memberships, all: false };
  const account = await users.byId(caller.userId);
  return { memberships: account?.memberships ?? [], all: account?.isAdministrator ?? false };
};

const one = async (parts: Parts, caller: Caller, projectId: string): Promise<Project> => {
  const { memberships } = await membershipsOf(parts, caller);
  const wanted = { projectId, role: memberships.find((membership) => membership.projectId === projectId)?.role };
  const { items } = await parts.projects.list({ limit: 1 }, { memberships: [{ projectId, role: wanted.role ?? 'viewer' }], all: false });
  const [project] = items;
  if (!project) throw new NotFound('project.unknown', 'There is no such project.');
  return { ...project, role: wanted.role ?? null };
};

export const createProjects = (parts: Parts): Projects => {
  const { store, projections, people, projects } = parts;
  const carryOut = async (command: ProjectCommand & { readonly data: { readonly projectId: string } }, { caller, trace }: { caller: Caller; trace: Trace }) => {
    const { projectId } = command.data;
    const { position } = await store.update(`project-${projectId}`, projectDecider, (project) => projectDecider.decide(command, project), contextOf(trace, byUser(caller.userId), projectId));
    await projections.reached(position);
  };
  return {
    create: async ({ projectId, name }, caller, trace) => {
      if (!(await membershipsOf(parts, caller)).all) throw new Forbidden('Only administrators of this installation can do this.', 'administrator.needed');
      await carryOut({ type: 'CreateProject', data: { projectId, name, ownerId: caller.userId } }, { caller, trace });
      return one(parts, caller, projectId);
    },
    list: async (page, caller) => projects.list(page, await membershipsOf(parts, caller)),
    rename: async ({ projectId, name }, caller, trace) => {
      await carryOut({ type: 'RenameProject', data: { projectId, name, by: caller.userId } }, { caller, trace });
      return one(parts, caller, projectId);
    },
    changeRole: async ({ projectId, userId, role }, caller, trace) => {
      await carryOut({ type: 'ChangeRole', data: { projectId, userId, role, by: caller.userId } }, { caller, trace });
      const member = await people.member(projectId, userId);
      if (!member) throw new NotFound('member.unknown', 'There is no such member in this project.');
      return member;
    },
    remove: async ({ projectId, userId }, caller, trace) => {
      await carryOut({ type: 'RemoveMember', data: { projectId, userId, by: caller.userId } }, { caller, trace });
      return { projectId, userId };
    },
  };
};
