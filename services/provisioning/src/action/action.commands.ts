/** What may be asked of a server that is there, and what the process manager reports about it. */
import type { ActionId, ServerAction, ServerId } from '@citrus/contracts';
import type { DataOf } from '../server/server.events.ts';

type Of<Type extends string, Data> = { readonly type: Type; readonly at: string; readonly data: { readonly serverId: ServerId } & Data };
type About = { readonly actionId: ActionId };
/** `tryNumber`: the call that it is about. */
type Try = About & { readonly tryNumber: number };
export type Outcome = Omit<DataOf<'ActionSucceeded'>, 'serverId' | 'actionId' | 'action' | 'at'>;

export type RequestAction = Of<'RequestAction', About & { readonly action: ServerAction }>;
export type CancelAction = Of<'CancelAction', About>;
export type ProtectServer = Of<'ProtectServer', { readonly isProtected: boolean }>;
export type MaintainServer = Of<'MaintainServer', { readonly isOn: boolean; readonly reason?: string }>;
export type RecordPower = Of<'RecordPower', { readonly dropletRef: string; readonly power: 'on' | 'off' }>;
export type IntendAction = Of<'IntendAction', Try & { readonly known: string[] }>;
/** `reenrolEndsAt`: how long the agent of a disk that is written anew may enrol. */
export type RecordActStarted = Of<'RecordActStarted', Try & { readonly opRef?: string; readonly reenrolEndsAt: string }>;
export type RecordActPostponed = Of<'RecordActPostponed', Try & { readonly reason: string; readonly retryAt: string }>;
export type RecordActRejected = Of<'RecordActRejected', Try & { readonly code: string; readonly reason: string }>;
export type RecordActUnknown = Of<'RecordActUnknown', Try & { readonly reason: string }>;
export type RecordActLost = Of<'RecordActLost', Try>;
/** `tries`: as many calls as the reporter knew of; with more, it was overtaken. */
export type SucceedAction = Of<'SucceedAction', About & { readonly tries: number; readonly outcome: Outcome }>;
export type FailAction = Of<'FailAction', About & { readonly tries: number; readonly code: string; readonly reason: string }>;

export type DayTwoCommand =
  | RequestAction | CancelAction | ProtectServer | MaintainServer | RecordPower
  | IntendAction | RecordActStarted | RecordActPostponed | RecordActRejected | RecordActUnknown | RecordActLost | SucceedAction | FailAction;

const TYPES: Record<DayTwoCommand['type'], true> = {
  RequestAction: true, CancelAction: true, ProtectServer: true, MaintainServer: true, RecordPower: true, IntendAction: true, RecordActStarted: true,
  RecordActPostponed: true, RecordActRejected: true, RecordActUnknown: true, RecordActLost: true, SucceedAction: true, FailAction: true,
};
export const isDayTwoCommand = (command: { readonly type: string }): command is DayTwoCommand => Object.hasOwn(TYPES, command.type);
