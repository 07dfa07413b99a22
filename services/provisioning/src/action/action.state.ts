/**
 * What the log tells about a server beside its life cycle: which action runs, what was done before, what people have
 * said about it. All of it is left out until something was said, so that a server that nobody touched has none of it.
 */
import type { ActionId, ServerAction, ServerSpec } from '@citrus/contracts';
import type { DataOf, ServerEvent } from '../server/server.events.ts';

/** A call whose outcome is not in the log. */
export type PendingAct = { readonly tryNumber: number; readonly intendedAt: string; readonly unknownAt?: string };

export type RunningAction = {
  readonly actionId: ActionId;
  readonly action: ServerAction;
  readonly requestedAt: string;
  /** Calls intended. */
  readonly tries: number;
  /** Operations that were there before the first call: not ours. */
  readonly known: readonly string[];
  /** A call before may have been carried out after all: what is not `known` is ours, and nothing is sent before a look. */
  readonly isDoubtful: boolean;
  readonly pending: PendingAct | null;
  readonly postponed?: { readonly reason: string; readonly retryAt: string } | undefined;
  readonly started?: { readonly opRef?: string | undefined; readonly at: string };
};

export type FinishedAction = { readonly actionId: ActionId; readonly action: ServerAction };

export type DayTwo = {
  readonly action?: RunningAction | undefined;
  /** The last ones, so that whoever asks for the same again is not given another. */
  readonly finished?: readonly FinishedAction[];
  /** What is not as it was asked for any more. */
  readonly changed?: Partial<Pick<ServerSpec, 'name' | 'size' | 'image' | 'backups' | 'tags'>>;
  readonly power?: 'on' | 'off' | undefined;
  readonly isProtected?: true | undefined;
  readonly maintenance?: { readonly since: string; readonly reason?: string | undefined } | undefined;
  /** An agent that said hello before speaks of a disk that is no more. */
  readonly reenrolledAt?: string;
};

const REMEMBERED = 100;
const FIELDS = ['action', 'finished', 'changed', 'power', 'isProtected', 'maintenance', 'reenrolledAt'] as const satisfies readonly (keyof DayTwo)[];

export const dayTwoOf = (server: DayTwo): DayTwo => Object.fromEntries(FIELDS.flatMap((field) => (server[field] === undefined ? [] : [[field, server[field]]])));

/** What the server is now: what was asked for, with what actions changed. */
export const specNow = ({ spec, changed }: { readonly spec: ServerSpec } & DayTwo): ServerSpec => ({ ...spec, ...changed });

const TYPES = [
  'ActionRequested', 'ActionIntended', 'ActionPostponed', 'ActionUnknown', 'ActionLost', 'ActionStarted', 'ActionSucceeded', 'ActionFailed', 'ActionCancelled',
  'ServerRenamed', 'ProtectionChanged', 'MaintenanceChanged', 'PowerObserved',
] as const satisfies readonly ServerEvent['type'][];
export type DayTwoEvent = Extract<ServerEvent, { type: (typeof TYPES)[number] }>;

export const isDayTwo = (event: ServerEvent): event is DayTwoEvent => (TYPES as readonly string[]).includes(event.type);

const requested = ({ actionId, action, at }: DataOf<'ActionRequested'>): RunningAction => ({ actionId, action, requestedAt: at, tries: 0, known: [], isDoubtful: false, pending: null });

/** What changes of the action that runs. */
const evolveAction = (running: RunningAction, event: DayTwoEvent): RunningAction => {
  switch (event.type) {
    case 'ActionIntended': {
      const { tryNumber, known, at } = event.data;
      return { ...running, postponed: undefined, tries: tryNumber, known, pending: { tryNumber, intendedAt: at } };
    }
    case 'ActionPostponed': return { ...running, pending: null, postponed: { reason: event.data.reason, retryAt: event.data.retryAt } };
    case 'ActionUnknown': return { ...running, isDoubtful: true, ...(running.pending && { pending: { ...running.pending, unknownAt: event.data.at } }) };
    case 'ActionLost': return { ...running, isDoubtful: true, pending: null };
    case 'ActionStarted': return { ...running, postponed: undefined, pending: null, started: { at: event.data.at, ...(event.data.opRef !== undefined && { opRef: event.data.opRef }) } };
    case 'ActionRequested': case 'ActionSucceeded': case 'ActionFailed': case 'ActionCancelled': case 'ServerRenamed': case 'ProtectionChanged': case 'MaintenanceChanged': case 'PowerObserved':
      return running;
  }
};

const finish = (server: DayTwo, { actionId, action }: FinishedAction): DayTwo => ({ finished: [...(server.finished ?? []), { actionId, action }].slice(-REMEMBERED), action: undefined });

const changedBy = ({ size, image, backups, tags }: DataOf<'ActionSucceeded'>): NonNullable<DayTwo['changed']> =>
  ({ ...(size !== undefined && { size }), ...(image !== undefined && { image }), ...(backups !== undefined && { backups }), ...(tags !== undefined && { tags }) });

const succeeded = (server: DayTwo, data: DataOf<'ActionSucceeded'>): DayTwo => {
  const changes = changedBy(data);
  return { ...finish(server, data), ...(data.power && { power: data.power }), ...(Object.keys(changes).length > 0 && { changed: { ...server.changed, ...changes } }) };
};

/** What is different afterwards. */
export const evolveDayTwo = (server: DayTwo, event: DayTwoEvent): DayTwo => {
  switch (event.type) {
    case 'ActionRequested': return { action: requested(event.data) };
    case 'ActionIntended': case 'ActionPostponed': case 'ActionUnknown': case 'ActionLost': case 'ActionStarted':
      return server.action ? { action: evolveAction(server.action, event) } : {};
    case 'ActionSucceeded': return succeeded(server, event.data);
    case 'ActionFailed': case 'ActionCancelled': return finish(server, event.data);
    case 'ServerRenamed': return { changed: { ...server.changed, name: event.data.name } };
    case 'PowerObserved': return { power: event.data.power };
    case 'ProtectionChanged': return { isProtected: event.data.isProtected ? true : undefined };
    case 'MaintenanceChanged': {
      const { isOn, reason, at } = event.data;
      return { maintenance: isOn ? { since: at, ...(reason !== undefined && { reason }) } : undefined };
    }
  }
};
