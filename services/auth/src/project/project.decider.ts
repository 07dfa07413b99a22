/**
 * A project: its name, and who has which role in it. Whoever acts is judged by the role that stands here, not by what an
 * access token said a quarter of an hour ago. A project that has an owner always has one.
 */
import { roleIncludes, type Role } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { DataOf, ProjectEvent } from './project.events.ts';

type Named = { readonly projectId: string; readonly userId: string };
export type ProjectCommand =
  | { readonly type: 'CreateProject'; readonly data: DataOf<'ProjectCreated'> & { readonly ownerId: string } }
  | { readonly type: 'RenameProject'; readonly data: DataOf<'ProjectRenamed'> & { readonly by: string } }
  /** What an older release wrote into the person's stream. Counts only while this stream says nothing about the person. */
  | { readonly type: 'AdoptMembership'; readonly data: DataOf<'MembershipGranted'> }
  /** By whom the person was invited, and who must still be able to. A higher role that the person has stays. */
  | { readonly type: 'AdmitMember'; readonly data: DataOf<'MembershipGranted'> & { readonly invitedBy: string } }
  | { readonly type: 'ChangeRole'; readonly data: DataOf<'MembershipGranted'> & { readonly by: string } }
  | { readonly type: 'RemoveMember'; readonly data: Named & { readonly by: string } }
  | { readonly type: 'EraseMember'; readonly data: Named };

/** `members`: null for who was one once. */
export type Project = { readonly status: 'none' | 'created'; readonly name: string; readonly members: Readonly<Record<string, Role | null>> };

const NOBODY: Project = { status: 'none', name: '', members: {} };

const ownersOf = ({ members }: Project): string[] => Object.keys(members).filter((userId) => members[userId] === 'owner');
export const roleOf = ({ members }: Project, userId: string): Role | undefined => (Object.hasOwn(members, userId) ? (members[userId] ?? undefined) : undefined);
export const isLastOwner = (project: Project, userId: string): boolean => ownersOf(project).every((owner) => owner === userId) && roleOf(project, userId) === 'owner';

const checkIsThere = ({ status }: Project): void => {
  if (status === 'none') throw new Refusal('project.unknown', 'There is no such project.');
};

const checkIsAdmin = (project: Project, userId: string): Role => {
  checkIsThere(project);
  const role = roleOf(project, userId);
  if (!role || !roleIncludes(role, 'admin')) throw new Refusal('role.insufficient', 'This needs the role admin in the project; ask one of its owners for it.');
  return role;
};

/** @throws Refusal when this person may not give this role, as the project is now */
export const checkMayGive = (project: Project, userId: string, role: Role): void => {
  const own = checkIsAdmin(project, userId);
  if (!roleIncludes(own, role)) throw new Refusal('role.above_own', `You are ${own} here and cannot make anybody ${role}. Ask an owner.`);
};

const checkOwnerStays = (project: Project, userId: string): void => {
  if (!isLastOwner(project, userId)) return;
  throw new Refusal('project.last_owner', 'This is the last owner of the project. Make somebody else its owner first; a project without an owner cannot be managed by anyone.');
};

const grant = ({ userId, projectId, role }: DataOf<'MembershipGranted'>): ProjectEvent[] => [{ type: 'MembershipGranted', data: { userId, projectId, role } }];

const admit = (project: Project, { invitedBy, ...data }: Extract<ProjectCommand, { type: 'AdmitMember' }>['data']): ProjectEvent[] => {
  const held = roleOf(project, data.userId);
  if (held && roleIncludes(held, data.role)) return [];
  try {
    checkMayGive(project, invitedBy, data.role);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal('invitation.void', 'Whoever invited you may not do so any more. Ask the project’s owner for a new invitation.');
  }
  return grant(data);
};

const changeRole = (project: Project, { by, ...data }: Extract<ProjectCommand, { type: 'ChangeRole' }>['data']): ProjectEvent[] => {
  checkMayGive(project, by, data.role);
  const held = roleOf(project, data.userId);
  if (!held) throw new Refusal('member.unknown', 'There is no such member in this project. Invite the person first.');
  if (held === data.role) return [];
  if (held === 'owner' && roleOf(project, by) !== 'owner') throw new Refusal('role.above_own', 'Only an owner can change the role of an owner.');
  checkOwnerStays(project, data.userId);
  return grant(data);
};

const remove = (project: Project, { by, projectId, userId }: Extract<ProjectCommand, { type: 'RemoveMember' }>['data']): ProjectEvent[] => {
  checkIsThere(project);
  const held = roleOf(project, userId);
  if (by !== userId) {
    const own = checkIsAdmin(project, by);
    if (held === 'owner' && own !== 'owner') throw new Refusal('role.above_own', 'Only an owner can remove an owner.');
  }
  if (!held) return [];
  checkOwnerStays(project, userId);
  return [{ type: 'MembershipEnded', data: { projectId, userId, reason: by === userId ? 'left' : 'removed' } }];
};

const create = (project: Project, { ownerId, projectId, name }: Extract<ProjectCommand, { type: 'CreateProject' }>['data']): ProjectEvent[] =>
  (project.status === 'created' ? [] : [{ type: 'ProjectCreated', data: { projectId, name } }, ...grant({ userId: ownerId, projectId, role: 'owner' })]);

const rename = (project: Project, { by, ...data }: Extract<ProjectCommand, { type: 'RenameProject' }>['data']): ProjectEvent[] => {
  checkIsAdmin(project, by);
  return project.name === data.name ? [] : [{ type: 'ProjectRenamed', data }];
};

const decide = (command: ProjectCommand, project: Project): ProjectEvent[] => {
  switch (command.type) {
    case 'CreateProject':
      return create(project, command.data);
    case 'RenameProject':
      return rename(project, command.data);
    case 'AdoptMembership':
      return Object.hasOwn(project.members, command.data.userId) ? [] : grant(command.data);
    case 'AdmitMember':
      return admit(project, command.data);
    case 'ChangeRole':
      return changeRole(project, command.data);
    case 'RemoveMember':
      return remove(project, command.data);
    case 'EraseMember':
      return roleOf(project, command.data.userId) ? [{ type: 'MembershipEnded', data: { ...command.data, reason: 'erased' } }] : [];
  }
};

const evolve = (project: Project, event: ProjectEvent): Project => {
  switch (event.type) {
    case 'ProjectCreated':
      return { ...project, status: 'created', name: event.data.name };
    case 'ProjectRenamed':
      return { ...project, name: event.data.name };
    case 'MembershipGranted':
      return { ...project, members: { ...project.members, [event.data.userId]: event.data.role } };
    case 'MembershipEnded':
      return { ...project, members: { ...project.members, [event.data.userId]: null } };
  }
};

export const projectDecider: Decider<Project, ProjectCommand, ProjectEvent> = { initialState: NOBODY, decide, evolve };
