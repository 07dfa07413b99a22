/** The facts of a stream `group-<id>`: what people want of it, what it decided, and what became of its members. */
import { GroupId, GroupTemplate, Instant, JobId, ProjectId, ScalePolicy, ServerId } from '@citrus/contracts';
import { z } from 'zod';

const about = { groupId: GroupId, at: Instant };
const ofMember = { ...about, serverId: ServerId };
const template = z.object(GroupTemplate.shape);
const policy = z.object(ScalePolicy.shape).nullable();

const GroupCreated = z.object({ ...about, projectId: ProjectId, name: z.string(), template, min: z.int(), max: z.int(), target: z.int(), policy });
/** Only what is another now. */
const GroupChanged = z.object({ ...about, name: z.string().optional(), template: template.optional(), min: z.int().optional(), max: z.int().optional(), target: z.int().optional(), policy: policy.optional() });
const GroupPaused = z.object(about);
const GroupResumed = z.object(about);
/** The rule moved the target. `why` is for people. */
const ScaleDecided = z.object({ ...about, from: z.int(), to: z.int(), why: z.string() });
/** Stands in the log before the server is asked for, under this job: whoever goes on from here asks for the same one. */
const MemberRequested = z.object({ ...ofMember, jobId: JobId, ordinal: z.int().positive() });
/** The catalogue said no; asked again at `retryAt`. */
const MemberRefused = z.object({ ...ofMember, code: z.string(), reason: z.string(), retryAt: Instant });
/** It is active. */
const MemberJoined = z.object(ofMember);
const MemberFailed = z.object({ ...ofMember, reason: z.string() });
/** Too many failed one after the other; nobody is replaced until somebody resumes or changes the group. */
const GroupStalled = z.object({ ...about, reason: z.string() });
/** The group lets it go: it is deleted, or never made. */
const MemberReleased = z.object({ ...ofMember, why: z.enum(['scale-in', 'failed', 'group-deleted']) });
/** Nothing of it is left, or it stays as an ordinary server. */
const MemberLeft = z.object({ ...ofMember, as: z.enum(['removed', 'ordinary-server']) });
const GroupDeletionRequested = z.object({ ...about, keepsServers: z.boolean() });
const GroupDeleted = z.object(about);

export const groupEvents = {
  GroupCreated, GroupChanged, GroupPaused, GroupResumed, ScaleDecided,
  MemberRequested, MemberRefused, MemberJoined, MemberFailed, GroupStalled, MemberReleased, MemberLeft, GroupDeletionRequested, GroupDeleted,
} as const;

type Schemas = typeof groupEvents;
export type GroupEventType = keyof Schemas;
export type GroupEvent = { [Type in GroupEventType]: { readonly type: Type; readonly data: z.infer<Schemas[Type]> } }[GroupEventType];
export type GroupDataOf<Type extends GroupEventType> = z.infer<Schemas[Type]>;

export const groupStreamOf = (groupId: string): string => `group-${groupId}`;

/** A fact read back from the log; facts of other streams and of a newer version of this service are undefined. */
export const parseGroupEvent = (event: { readonly type: string; readonly data: unknown }): GroupEvent | undefined => {
  if (!Object.hasOwn(groupEvents, event.type)) return undefined;
  const type = event.type as GroupEventType;
  return { type, data: groupEvents[type].parse(event.data) } as GroupEvent;
};

/** By type, each in its first shape. */
export const groupCatalogue = Object.fromEntries(Object.entries(groupEvents).map(([type, schema]) => [type, { schema }])) as { readonly [Type in GroupEventType]: { readonly schema: Schemas[Type] } };
