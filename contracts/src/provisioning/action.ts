/**
 * What may be done with a server that is there: its power, size, name, disk, snapshots and backups. Each is asked for
 * once, by an id of its own, and ends succeeded, failed or cancelled; one at a time a server.
 */
import { z } from 'zod';
import { ActionId, Instant, plainText, ProjectId, ServerId } from '../ids.ts';
import { PageRequest, pageOf, shortList } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { MOST_TAGS, Server, ServerSpec, Tag } from './server.ts';

/** The cloud's id of a snapshot or a backup. */
export const SnapshotRef = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'the id of a snapshot, as the list of snapshots shows it');
/** What people call a snapshot. */
export const SnapshotName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, '1 to 63 letters, digits, dots, dashes and _');
/** By its name: ids would open images of others that are in the same account. */
const ImageName = ServerSpec.shape.image.unwrap().regex(/[a-z]/, 'the name of an image, not its number');

const POWER = ['power-on', 'power-off', 'shutdown', 'reboot', 'power-cycle'] as const;
const BACKUPS = ['enable-backups', 'disable-backups'] as const;

const power = { type: z.enum(POWER) };
const backups = { type: z.enum(BACKUPS) };
/** `withDisk`: the disk grows too, and there is no way back to a smaller one. */
const resize = { type: z.literal('resize'), size: ServerSpec.shape.size.unwrap(), withDisk: z.boolean().default(false) };
const rename = { type: z.literal('rename'), name: ServerSpec.shape.name };
const snapshot = { type: z.literal('snapshot'), name: SnapshotName };
const removeSnapshot = { type: z.literal('remove-snapshot'), snapshotRef: SnapshotRef };
/** What is there already is added again, what is not there is removed: so both hold afterwards, whoever changed them at the cloud. */
const tag = { type: z.literal('tag'), add: z.array(Tag).max(MOST_TAGS).default([]), remove: z.array(Tag).max(MOST_TAGS).default([]) };
const TagOrder = z.strictObject(tag).refine(({ add, remove }) => add.length + remove.length > 0, { path: ['add'], message: 'names no tag to add, and remove none to take off' });
const rebuild = { type: z.literal('rebuild'), image: ImageName };
const restore = { type: z.literal('restore'), snapshotRef: SnapshotRef };

/** What operators may ask for: nothing on the disk is lost by it. */
export const PlainAction = z.discriminatedUnion('type', [z.strictObject(power), z.strictObject(backups), z.strictObject(resize), z.strictObject(rename), z.strictObject(snapshot), z.strictObject(removeSnapshot), TagOrder]);
export type PlainAction = z.infer<typeof PlainAction>;
/** What only admins may ask for: the disk is written anew, and the agent has to enrol again. */
export const DiskAction = z.discriminatedUnion('type', [z.strictObject(rebuild), z.strictObject(restore)]);
export type DiskAction = z.infer<typeof DiskAction>;

/** As the log tells it. */
export const ServerAction = z.discriminatedUnion('type', [
  z.object(power), z.object(backups), z.object(resize), z.object(rename), z.object(snapshot), z.object(removeSnapshot), z.object(tag), z.object(rebuild), z.object(restore),
]);
export type ServerAction = z.infer<typeof ServerAction>;
export const ActionType = z.enum([...POWER, ...BACKUPS, 'resize', 'rename', 'snapshot', 'remove-snapshot', 'tag', 'rebuild', 'restore']);
export type ActionType = z.infer<typeof ActionType>;

const aboutAction = { serverId: ServerId, actionId: ActionId, at: Instant };
export const ActionRequested = z.object({ ...aboutAction, action: ServerAction });
/** The cloud is at it. Without `opRef` it cannot be asked how far it is. */
export const ActionStarted = z.object({ ...aboutAction, opRef: z.string().optional() });
/** What is different now. `note`: that there was nothing to do. */
export const ActionSucceeded = z.object({
  ...aboutAction, action: ServerAction,
  power: z.enum(['on', 'off']).optional(), size: z.string().optional(), image: z.string().optional(), backups: z.boolean().optional(), snapshotRef: z.string().optional(), tags: z.array(z.string()).optional(), note: z.string().optional(),
});
export const ActionFailed = z.object({ ...aboutAction, action: ServerAction, code: z.string(), reason: z.string() });
/** Before the cloud was asked. */
export const ActionCancelled = z.object({ ...aboutAction, action: ServerAction });
export const ServerRenamed = z.object({ serverId: ServerId, name: z.string(), at: Instant });
/** Its disk is written anew: the agent that was there is trusted no more, and the token in the user data opens one more enrolment until `endsAt`. */
export const ReenrolOpened = z.object({ serverId: ServerId, attempt: z.int().positive(), because: z.enum(['rebuild', 'restore']), endsAt: Instant, at: Instant });
export const ProtectionChanged = z.object({ serverId: ServerId, isProtected: z.boolean(), at: Instant });
/** While it is on, no job is brought to the server and no alert is raised about it. */
export const MaintenanceChanged = z.object({ serverId: ServerId, isOn: z.boolean(), reason: z.string().optional(), at: Instant });
/** What the cloud shows. */
export const PowerObserved = z.object({ serverId: ServerId, power: z.enum(['on', 'off']), at: Instant });

export const ActionStatus = z.enum(['requested', 'running', 'succeeded', 'failed', 'cancelled']);
export type ActionStatus = z.infer<typeof ActionStatus>;
/** One action, for people. */
export const ActionRecord = z.object({
  id: ActionId, serverId: ServerId, action: ServerAction, status: ActionStatus,
  /** What it waits for, what was different, or why it failed. */
  note: z.string().nullable(),
  requestedBy: z.string().nullable(),
  snapshotRef: z.string().nullable(),
  requestedAt: Instant, startedAt: Instant.nullable(), endedAt: Instant.nullable(),
});
export type ActionRecord = z.infer<typeof ActionRecord>;

export const Snapshot = z.object({ ref: z.string(), name: z.string(), kind: z.enum(['snapshot', 'backup']), createdAt: Instant, sizeGigabytes: z.number().nullable() });
export type Snapshot = z.infer<typeof Snapshot>;

const one = { projectId: ProjectId, serverId: ServerId };
const asked = { ...one, actionId: ActionId };

/** Idempotent by the action's id. */
export const actOnServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'act'), input: z.strictObject({ ...asked, action: PlainAction }), reply: ActionRecord, access: { by: 'member', role: 'operator' },
});
export const replaceDisk = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'replace-disk'), input: z.strictObject({ ...asked, action: DiskAction }), reply: ActionRecord, access: { by: 'member', role: 'admin' },
});
/** Only as long as the cloud was not asked. */
export const cancelAction = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'cancel-action'), input: z.strictObject(asked), reply: ActionRecord, access: { by: 'member', role: 'operator' },
});
export const listActions = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'list-actions'), input: z.strictObject({ ...one, ...PageRequest }), reply: pageOf(ActionRecord), access: { by: 'member', role: 'viewer' },
});
export const readAction = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'read-action'), input: z.strictObject(asked), reply: ActionRecord, access: { by: 'member', role: 'viewer' },
});
export const SnapshotQuery = { kind: Snapshot.shape.kind.optional(), ...shortList('createdAt') };
export const listSnapshots = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'list-snapshots'), input: z.strictObject({ ...one, ...SnapshotQuery }), reply: pageOf(Snapshot), access: { by: 'member', role: 'viewer' },
});

export const protectServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'protect'), input: z.strictObject({ ...one, isProtected: z.boolean() }), reply: Server, access: { by: 'member', role: 'admin' },
});
export const MaintenanceOrder = z.strictObject({ isOn: z.boolean(), reason: plainText(200).optional() });
export const maintainServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'maintain'), input: z.strictObject({ ...one, ...MaintenanceOrder.shape }), reply: Server, access: { by: 'member', role: 'operator' },
});
