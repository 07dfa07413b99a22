/**
 * The facts of a stream `server-<id>`. The public ones live in contracts; the private ones below tell the process
 * manager what it has already done to the cloud, because its only memory is this log.
 */
import {
  ActionCancelled, ActionFailed, ActionId, ActionRequested, ActionStarted, ActionSucceeded, AgentId, DeletionRequested, DropletAccepted, DropletReady, Instant, JoinOpened, MachineMissing, MaintenanceChanged, PowerObserved, ProtectionChanged,
  ReenrolOpened, ServerActivated, ServerDeleted, ServerFailed, ServerId, ServerRenamed, ServerRequested, SizeAccepted,
} from '@citrus/contracts';
import { z } from 'zod';

const aboutServer = { serverId: ServerId, at: Instant };
/** One POST to the cloud: the n-th of this attempt. A retried server starts a new attempt. */
const aboutCreate = { ...aboutServer, attempt: z.int().positive(), tryNumber: z.int().positive() };

/** Stands in the log before the POST leaves, so that a crash between the two is seen as "perhaps created". */
const DropletCreateIntended = z.object({ ...aboutCreate, name: z.string(), tag: z.string() });
/** The cloud said no: nothing was made. Tried again at `retryAt`, unless `ServerFailed` follows. */
const DropletCreateRefused = z.object({ ...aboutCreate, code: z.string(), reason: z.string(), retryAt: Instant });
/** No usable answer: a droplet may exist. */
const DropletCreateUnknown = z.object({ ...aboutCreate, reason: z.string() });
/** Looked for by name and tag over the whole settle window: the cloud does not have it. */
const DropletCreateLost = z.object(aboutCreate);
/** A droplet with our name or tag that this server must not have; it is destroyed. */
const StrayDropletFound = z.object({ ...aboutServer, dropletRef: z.string() });
/** Long after the last POST, a look-up showed no droplet but the server's own. */
const StraysRuledOut = z.object(aboutServer);
/** The cloud answers 404 for it, and has had time to know better. */
const DropletGone = z.object({ ...aboutServer, dropletRef: z.string() });
/** The agent connected before the droplet's address was known. */
const AgentSeen = z.object({ ...aboutServer, agentId: AgentId });
const RetryRequested = z.object({ ...aboutServer, attempt: z.int().positive() });
/** Nothing of an earlier attempt is left in the cloud. */
const AttemptCleared = z.object({ ...aboutServer, attempt: z.int().positive() });

/** One call to the cloud for an action: the n-th of it. */
const aboutAct = { ...aboutServer, actionId: ActionId, tryNumber: z.int().positive() };
/** Stands in the log before the call leaves. `known`: the operations that the cloud shows already, so not ours. */
const ActionIntended = z.object({ ...aboutAct, known: z.array(z.string()) });
/** The cloud said: not now. Nothing was begun; it is asked again at `retryAt`. */
const ActionPostponed = z.object({ ...aboutAct, reason: z.string(), retryAt: Instant });
/** No usable answer: the cloud may be at it. */
const ActionUnknown = z.object({ ...aboutAct, reason: z.string() });
/** Looked for over the whole settle window: the cloud has not begun it. */
const ActionLost = z.object(aboutAct);

export const serverEvents = {
  ServerRequested, DropletAccepted, DropletReady, JoinOpened, ServerActivated, ServerFailed, DeletionRequested, ServerDeleted,
  DropletCreateIntended, DropletCreateRefused, DropletCreateUnknown, DropletCreateLost,
  StrayDropletFound, StraysRuledOut, DropletGone, AgentSeen, RetryRequested, AttemptCleared,
  ActionRequested, ActionIntended, ActionPostponed, ActionUnknown, ActionLost, ActionStarted, ActionSucceeded, ActionFailed, ActionCancelled,
  ServerRenamed, ReenrolOpened, ProtectionChanged, MaintenanceChanged, PowerObserved, MachineMissing, SizeAccepted,
} as const;

type Schemas = typeof serverEvents;
export type ServerEventType = keyof Schemas;
export type ServerEvent = { [Type in ServerEventType]: { readonly type: Type; readonly data: z.infer<Schemas[Type]> } }[ServerEventType];
export type DataOf<Type extends ServerEventType> = z.infer<Schemas[Type]>;

/** A server's stream. */
export const streamOf = (serverId: string): string => `server-${serverId}`;

/** A fact read back from the log; facts of other streams and of a newer version of this service are undefined. */
export const parseServerEvent = (event: { readonly type: string; readonly data: unknown }): ServerEvent | undefined => {
  if (!Object.hasOwn(serverEvents, event.type)) return undefined;
  const type = event.type as ServerEventType;
  return { type, data: serverEvents[type].parse(event.data) } as ServerEvent;
};
