/** What may be asked of a server and what the process manager reports. Time and ids come inside. */
import type { AgentId, CloudId, CloudKind, JobId, ProjectId, ServerId, ServerSpec } from '@citrus/contracts';
import type { DayTwoCommand } from '../action/action.commands.ts';
import type { DataOf } from './server.events.ts';

type Of<Type extends string, Data = unknown> = { readonly type: Type; readonly at: string } & { readonly data: { readonly serverId: ServerId } & Data };
type Try = { readonly attempt: number; readonly tryNumber: number };

export type RequestServer = Of<'RequestServer', { readonly projectId: ProjectId; readonly agentId: AgentId; readonly jobId: JobId; readonly spec: ServerSpec;
  /** Who makes it, and with which credential. */
  readonly provider?: CloudKind; readonly cloudId?: CloudId;
  /** Only for a machine that is there already: until then it may join. */
  readonly joinEndsAt?: string;
}>;
export type RequestDeletion = Of<'RequestDeletion'>;
export type RetryServer = Of<'RetryServer'>;
/** A new token for a server that joins; the one before is void. */
export type RenewJoin = Of<'RenewJoin', { readonly endsAt: string }>;
export type IntendCreate = Of<'IntendCreate', Try & { readonly name: string; readonly tag: string }>;
export type RecordAccepted = Of<'RecordAccepted', Try & { readonly dropletRef: string; readonly actionRef?: string }>;
/** `retryAt: null`: asking again is of no use. */
export type RecordRefused = Of<'RecordRefused', Try & { readonly code: string; readonly reason: string; readonly retryAt: string | null }>;
export type RecordUnknown = Of<'RecordUnknown', Try & { readonly reason: string }>;
/** What a look-up by name and tag showed; `isSettled`: the cloud has had its time to show what `tryNumber` made. */
export type RecordLookUp = Of<'RecordLookUp', Try & { readonly ours: readonly string[]; readonly strays: readonly string[]; readonly isSettled: boolean }>;
export type RecordReady = Of<'RecordReady', { readonly attempt: number; readonly dropletRef: string; readonly ipAddress: string }>;
export type RecordGone = Of<'RecordGone', { readonly dropletRef: string }>;
export type RecordVanished = Of<'RecordVanished', { readonly dropletRef: string; readonly code: string; readonly reason: string }>;
/** Every known droplet is gone and a look-up was empty. */
export type RecordCleared = Of<'RecordCleared', { readonly attempt: number }>;
/** A look-up after the settle window of the POST at `since` showed nothing unexpected. */
export type RecordSwept = Of<'RecordSwept', { readonly since: string }>;
export type RecordAgentConnected = Of<'RecordAgentConnected', { readonly agentId: AgentId; readonly ipAddress?: string }>;
export type FailServer = Of<'FailServer', { readonly attempt: number; readonly step: DataOf<'ServerFailed'>['step']; readonly code: string; readonly reason: string }>;

/** The cloud has no droplet of an active server any more, seen twice. */
export type RecordMissing = Of<'RecordMissing', { readonly dropletRef: string }>;
/** Somebody says that the size which the cloud shows is right. */
export type AcceptSize = Of<'AcceptSize', { readonly dropletRef: string; readonly size: string }>;

export type ServerCommand =
  | RequestServer | RequestDeletion | RetryServer | RenewJoin
  | IntendCreate | RecordAccepted | RecordRefused | RecordUnknown | RecordLookUp
  | RecordReady | RecordGone | RecordVanished | RecordCleared | RecordSwept | RecordAgentConnected | FailServer
  | RecordMissing | AcceptSize
  | DayTwoCommand;
