/**
 * Server groups: so many servers of one kind, kept at a target between a minimum and a maximum, which a rule may move with
 * the load. Their servers are servers like all others; only who asks for them and lets them go is the group.
 */
import { z } from 'zod';
import { Instant, ProjectId, ServerId } from '../ids.ts';
import { PageRequest, pageOf } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { ServerStatus, ServerWish } from './server.ts';

export const GroupId = z.uuid().brand('GroupId');
export type GroupId = z.infer<typeof GroupId>;

export const MOST_MEMBERS = 100;

/** What its servers are made like; each gets the group's name and a number as its own name. What is left out is what its cloud usually gives. */
export const GroupTemplate = ServerWish.omit({ name: true });
export type GroupTemplate = z.infer<typeof GroupTemplate>;

export const ScaleMetric = z.enum(['cpu', 'memory']);
export type ScaleMetric = z.infer<typeof ScaleMetric>;

/**
 * One server more when the average over the group was above `outAbove` percent in each of the last `forMinutes` minutes, one
 * less when it was below `inBelow` in each; then `coolDownMinutes` of rest.
 */
const policyFields = {
  metric: ScaleMetric.default('cpu'),
  outAbove: z.int().min(1).max(100).default(70),
  inBelow: z.int().min(0).max(99).default(25),
  forMinutes: z.int().min(1).max(60).default(5),
  coolDownMinutes: z.int().min(1).max(1440).default(10),
};
export const ScalePolicy = z.strictObject(policyFields).refine(({ outAbove, inBelow }) => inBelow < outAbove, { path: ['inBelow'], message: 'must be less than outAbove, or the group would grow and shrink all the time' });
export type ScalePolicy = z.infer<typeof ScalePolicy>;

const size = z.int().min(0).max(MOST_MEMBERS);
/** Room for a dash and a number, so that a member's name is a host name too. */
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, '1 to 42 lower-case letters, digits and dashes, as in a host name');

export const GroupSpec = z.strictObject({
  name,
  template: GroupTemplate.default(GroupTemplate.parse({})),
  min: size.default(1),
  max: size.default(3),
  /** Left out: `min`. */
  target: size.optional(),
  policy: ScalePolicy.nullable().default(null),
});
export type GroupSpec = z.infer<typeof GroupSpec>;

/** What is left out stays as it is. A new template is for servers made from now on. */
export const GroupChanges = z.strictObject({ name: name.optional(), template: GroupTemplate.optional(), min: size.optional(), max: size.optional(), target: size.optional(), policy: ScalePolicy.nullable().optional() });
export type GroupChanges = z.infer<typeof GroupChanges>;

export const GroupMember = z.object({
  serverId: ServerId,
  name: z.string(),
  /** Null: the group has decided for it, and it is not in the catalogue yet. */
  status: ServerStatus.nullable(),
  /** The group lets it go: it is being deleted. */
  isReleased: z.boolean(),
  requestedAt: Instant,
});
export type GroupMember = z.infer<typeof GroupMember>;

/** What the rule went by last; without a value the note says why there is none, and the group stayed as it was. */
export const GroupLoad = z.object({ at: Instant, percent: z.number().nullable(), note: z.string() });
export type GroupLoad = z.infer<typeof GroupLoad>;

export const ServerGroup = z.object({
  id: GroupId, projectId: ProjectId, name: z.string(),
  status: z.enum(['active', 'deleting', 'deleted']),
  isPaused: z.boolean(),
  /** It has given up replacing servers that fail; whoever resumes or changes it has it try again. */
  isStalled: z.boolean(),
  min: z.int(), max: z.int(), target: z.int(),
  template: z.object(GroupTemplate.shape),
  policy: z.object(policyFields).nullable(),
  members: z.array(GroupMember),
  load: GroupLoad.nullable(),
  /** For people: what it does or why it does not. */
  note: z.string().nullable(),
  createdAt: Instant, updatedAt: Instant,
});
export type ServerGroup = z.infer<typeof ServerGroup>;

const about = { projectId: ProjectId, groupId: GroupId };
const changing = (verb: string) => defineRequest({ subject: subjects.rpc('provisioning', 'group', verb), input: z.strictObject(about), reply: ServerGroup, access: { by: 'member', role: 'operator' } });

/** Idempotent by the id. */
export const createGroup = defineRequest({
  subject: subjects.rpc('provisioning', 'group', 'create'), input: z.strictObject({ ...about, spec: GroupSpec }), reply: ServerGroup, access: { by: 'member', role: 'operator' },
});
export const listGroups = defineRequest({
  subject: subjects.rpc('provisioning', 'group', 'list'), input: z.strictObject({ projectId: ProjectId, ...PageRequest }), reply: pageOf(ServerGroup), access: { by: 'member', role: 'viewer' },
});
export const readGroup = defineRequest({ subject: subjects.rpc('provisioning', 'group', 'read'), input: z.strictObject(about), reply: ServerGroup, access: { by: 'member', role: 'viewer' } });
export const changeGroup = defineRequest({
  subject: subjects.rpc('provisioning', 'group', 'change'), input: z.strictObject({ ...about, changes: GroupChanges }), reply: ServerGroup, access: { by: 'member', role: 'operator' },
});
/** Nothing is made, removed or replaced until it is resumed. */
export const pauseGroup = changing('pause');
/** Also has a group that had given up try again. */
export const resumeGroup = changing('resume');
/** With its servers, unless they are to stay as ordinary ones; protected ones always stay. */
export const deleteGroup = defineRequest({
  subject: subjects.rpc('provisioning', 'group', 'delete'), input: z.strictObject({ ...about, keepsServers: z.boolean().default(false) }), reply: ServerGroup, access: { by: 'member', role: 'operator' },
});
