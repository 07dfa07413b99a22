/** Projects and who has which role in them. What a member may do to others, auth decides by the roles as they are now. */
import { z } from 'zod';
import { Instant, nameText, ProjectId, UserId } from '../ids.ts';
import { pageOf, PageRequest } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { Role } from '../roles.ts';
import { subjects } from '../subjects.ts';

export const ProjectName = nameText(200).transform((name) => name.trim()).refine((name) => name.length > 0, 'must not be empty');

/** `role`: the caller's own; null for an administrator who is no member. */
export const Project = z.object({ id: ProjectId, name: z.string(), createdAt: Instant, role: Role.nullable() });
export type Project = z.infer<typeof Project>;

const ofProject = (verb: string) => subjects.rpc('auth', 'project', verb);
const ofMember = (verb: string) => subjects.rpc('auth', 'member', verb);

/** Who makes a project owns it. Idempotent for the same id. */
export const createProject = defineRequest({
  subject: ofProject('create'), input: z.strictObject({ projectId: ProjectId, name: ProjectName }), reply: Project, access: { by: 'administrator' },
});
/** The caller's own; all of them for an administrator in person. */
export const listProjects = defineRequest({ subject: ofProject('list'), input: z.strictObject(PageRequest), reply: pageOf(Project), access: { by: 'person', with: 'any' } });
export const renameProject = defineRequest({
  subject: ofProject('rename'), input: z.strictObject({ projectId: ProjectId, name: ProjectName }), reply: Project, access: { by: 'member', role: 'admin', with: 'session' },
});

export const Member = z.object({ userId: UserId, name: z.string(), email: z.string(), role: Role });
export type Member = z.infer<typeof Member>;

export const listMembers = defineRequest({
  subject: ofMember('list'), input: z.strictObject({ projectId: ProjectId, ...PageRequest }), reply: pageOf(Member), access: { by: 'member', role: 'viewer' },
});
/** In person. Nobody gives a role above his own, only owners make and unmake owners, and one owner stays. */
export const changeMemberRole = defineRequest({
  subject: ofMember('change-role'), input: z.strictObject({ projectId: ProjectId, userId: UserId, role: Role }), reply: Member, access: { by: 'member', role: 'admin', with: 'session' },
});
/** In person. Everybody may leave; removing others is for admins. Idempotent. */
export const removeMember = defineRequest({
  subject: ofMember('remove'), input: z.strictObject({ projectId: ProjectId, userId: UserId }), reply: z.object({ projectId: ProjectId, userId: UserId }), access: { by: 'member', role: 'analyst', with: 'session' },
});
