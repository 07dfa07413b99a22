/** What may be asked of a group and what its process manager reports. Time and ids come inside. */
import type { GroupChanges, GroupId, GroupSpec, LoadMinute, ProjectId, ServerId, ServerStatus } from '@citrus/contracts';

type Of<Type extends string, Data = unknown> = { readonly type: Type; readonly at: string; readonly data: { readonly groupId: GroupId } & Data };

export type CreateGroup = Of<'CreateGroup', { readonly projectId: ProjectId; readonly spec: GroupSpec }>;
export type ChangeGroup = Of<'ChangeGroup', { readonly changes: GroupChanges }>;
export type PauseGroup = Of<'PauseGroup'>;
export type ResumeGroup = Of<'ResumeGroup'>;
export type DeleteGroup = Of<'DeleteGroup', { readonly keepsServers: boolean }>;

/** A server as the catalogue shows it. Who is not in it was not asked for yet. */
export type Reading = { readonly status: ServerStatus; readonly note: string | null; readonly isProtected: boolean; readonly isCordoned: boolean };
export type Readings = ReadonlyMap<ServerId, Reading>;

/** `newIds` for servers that may have to be asked for. */
export type Converge = Of<'Converge', { readonly readings: Readings; readonly newIds: readonly ServerId[] }>;
/** What the metrics service has of the group's active members. */
export type RecordLoad = Of<'RecordLoad', { readonly minutes: readonly LoadMinute[]; readonly readings: Readings }>;
export type RecordRefused = Of<'RecordRefused', { readonly serverId: ServerId; readonly code: string; readonly reason: string; readonly retryAt: string }>;
/** A released member of which nothing was ever made, or which somebody protects. */
export type RecordLeft = Of<'RecordLeft', { readonly serverId: ServerId; readonly as: 'removed' | 'ordinary-server' }>;

export type GroupCommand = CreateGroup | ChangeGroup | PauseGroup | ResumeGroup | DeleteGroup | Converge | RecordLoad | RecordRefused | RecordLeft;
