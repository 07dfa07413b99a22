/**
 * A server as its log tells it, a union by `status`. Beside the life cycle it holds the accounts with the cloud: which
 * droplet is the server's own, which ones must go (`unwanted`), and whether a POST is still without an answer
 * (`pending`). One server never gets two droplets because nothing is created while `pending` is set.
 */
import type { AgentId, CloudId, JobId, ProjectId, ServerId, ServerProvider, ServerSpec } from '@citrus/contracts';
import { dayTwoOf, evolveDayTwo, isDayTwo, type DayTwo } from '../action/action.state.ts';
import type { DataOf, ServerEvent } from './server.events.ts';

export type Droplet = {
  readonly ref: string;
  readonly opRef?: string | undefined;
  readonly since: string;
  /** The cloud has shown it to us; from now on a 404 means something. */
  readonly isSeen: boolean;
};

/** A POST whose outcome is not in the log. */
export type PendingCreate = { readonly tryNumber: number; readonly name: string; readonly tag: string; readonly intendedAt: string; readonly unknownAt?: string };

export type Refused = { readonly code: string; readonly reason: string; readonly retryAt: string };

type Existing = {
  readonly serverId: ServerId;
  readonly projectId: ProjectId;
  readonly agentId: AgentId;
  readonly jobId: JobId;
  readonly spec: ServerSpec;
  /** `none`: no cloud makes it; its machine is there already and joins. */
  readonly provider?: ServerProvider;
  /** The credential that it is made with; left out: the installation's cloud. */
  readonly cloudId?: CloudId;
  readonly attempt: number;
  readonly attemptSince: string;
  /** POSTs intended in this attempt. */
  readonly tries: number;
  /** When the present status began. */
  readonly since: string;
  readonly pending: PendingCreate | null;
  /** The last POST's time, until a look-up long after it has shown no droplet but the server's own. */
  readonly unsweptSince: string | null;
  readonly unwanted: readonly Droplet[];
  readonly gone: readonly string[];
  readonly isAgentSeen: boolean;
  /** Only of a server that joins: until then its present token is good. */
  readonly joinEndsAt?: string;
} & DayTwo;

export type CreatingServer = Existing & {
  readonly status: 'creating';
  /** False after a retry until nothing of the attempt before is left. */
  readonly isCleared: boolean;
  readonly refused: Refused | null;
};
export type ProvisioningServer = Existing & { readonly status: 'provisioning'; readonly droplet: Droplet };
/** Without a droplet when it joins. */
export type InitializingServer = Existing & { readonly status: 'initializing'; readonly droplet: Droplet | null; readonly ipAddress: string | null };
export type FailedServer = Existing & {
  readonly status: 'failed';
  /** `active`: it was at work, and its droplet disappeared. */
  readonly step: DataOf<'ServerFailed'>['step'] | 'active';
  readonly code: string;
  readonly reason: string;
  readonly droplet: Droplet | null;
  readonly ipAddress: string | null;
};
export type ExistingServer =
  | CreatingServer
  | ProvisioningServer
  | InitializingServer
  | (Existing & { readonly status: 'active'; readonly droplet: Droplet | null; readonly ipAddress: string | null })
  | FailedServer
  | (Existing & { readonly status: 'deleting' })
  | (Existing & { readonly status: 'deleted' });
export type ServerState = { readonly status: 'none' } | ExistingServer;

export const dropletOf = (server: ExistingServer): Droplet | null => ('droplet' in server ? server.droplet : null);
const ipAddressOf = (server: ExistingServer): string | null => ('ipAddress' in server ? server.ipAddress : null);

/** Everything that all states share, so that the next state starts without the fields of the last one. */
const shared = (server: ExistingServer): Existing => ({
  serverId: server.serverId, projectId: server.projectId, agentId: server.agentId, jobId: server.jobId, spec: server.spec,
  attempt: server.attempt, attemptSince: server.attemptSince, tries: server.tries, since: server.since,
  pending: server.pending, unsweptSince: server.unsweptSince, unwanted: server.unwanted, gone: server.gone, isAgentSeen: server.isAgentSeen,
  ...(server.cloudId !== undefined && { cloudId: server.cloudId }),
  ...(server.provider && { provider: server.provider }), ...(server.joinEndsAt !== undefined && { joinEndsAt: server.joinEndsAt }), ...dayTwoOf(server),
});

/** The server's own droplet joins those that must go. */
const condemned = (server: ExistingServer): readonly Droplet[] => {
  const droplet = dropletOf(server);
  return droplet ? [...server.unwanted, droplet] : server.unwanted;
};

const requested = (data: DataOf<'ServerRequested'>): CreatingServer => ({
  status: 'creating', serverId: data.serverId, projectId: data.projectId, agentId: data.agentId, jobId: data.jobId, spec: data.spec,
  attempt: 1, attemptSince: data.at, tries: 0, since: data.at, pending: null, unsweptSince: null, unwanted: [], gone: [], isAgentSeen: false,
  isCleared: true, refused: null, ...(data.provider && { provider: data.provider }), ...(data.cloudId !== undefined && { cloudId: data.cloudId }),
});

export const MISSING = 'Its droplet has disappeared from the cloud, and not by Citrus. Try again to make a new one, or delete the server.';

const without = (droplets: readonly Droplet[], ref: string) => droplets.filter((droplet) => droplet.ref !== ref);

const evolveExisting = (server: ExistingServer, event: ServerEvent): ExistingServer => {
  if (isDayTwo(event)) {
    const after = { ...server, ...evolveDayTwo(server, event) };
    // A disk that is written anew cannot have its agent before it is written.
    const isWritten = after.status === 'initializing' && (event.type === 'ActionSucceeded' || event.type === 'ActionFailed') && server.action?.started !== undefined;
    return isWritten ? { ...after, since: event.data.at } : after;
  }
  switch (event.type) {
    case 'ReenrolOpened': {
      const { droplet, ipAddress } = { droplet: dropletOf(server), ipAddress: ipAddressOf(server) };
      return { ...shared(server), status: 'initializing', since: event.data.at, reenrolledAt: event.data.at, droplet, ipAddress };
    }
    case 'ServerRequested': return server;
    case 'DropletCreateIntended': {
      const { tryNumber, name, tag, at } = event.data;
      return { ...server, tries: tryNumber, unsweptSince: at, pending: { tryNumber, name, tag, intendedAt: at } };
    }
    case 'DropletCreateRefused': {
      const { code, reason, retryAt } = event.data;
      return server.status === 'creating' ? { ...server, pending: null, refused: { code, reason, retryAt } } : { ...server, pending: null };
    }
    case 'DropletCreateUnknown': return server.pending ? { ...server, pending: { ...server.pending, unknownAt: event.data.at } } : server;
    case 'DropletCreateLost': return { ...server, pending: null };
    case 'DropletAccepted': {
      const { dropletRef: ref, actionRef: opRef, at } = event.data;
      return { ...shared(server), status: 'provisioning', since: at, pending: null, droplet: { ref, opRef, since: at, isSeen: false } };
    }
    case 'DropletReady': {
      const droplet = dropletOf(server);
      if (!droplet) return server;
      return { ...shared(server), status: 'initializing', since: event.data.at, power: 'on', droplet: { ...droplet, isSeen: true }, ipAddress: event.data.ipAddress };
    }
    case 'JoinOpened': return { ...shared(server), status: 'initializing', since: event.data.at, joinEndsAt: event.data.endsAt, droplet: null, ipAddress: null };
    case 'ServerActivated': {
      const [droplet, ipAddress] = [dropletOf(server), event.data.ipAddress ?? ipAddressOf(server)];
      return server.provider === 'none' || (droplet && ipAddress) ? { ...shared(server), status: 'active', since: event.data.at, droplet, ipAddress } : server;
    }
    case 'ServerFailed': {
      const { step, code, reason, at } = event.data;
      return { ...shared(server), status: 'failed', since: at, step, code, reason, droplet: dropletOf(server), ipAddress: ipAddressOf(server) };
    }
    case 'MachineMissing':
      return { ...shared(server), status: 'failed', since: event.data.at, step: 'active', code: 'droplet.missing', reason: MISSING, droplet: dropletOf(server), ipAddress: ipAddressOf(server), power: undefined };
    case 'SizeAccepted': return { ...server, changed: { ...server.changed, size: event.data.size } };
    case 'StrayDropletFound': return { ...server, unwanted: [...server.unwanted, { ref: event.data.dropletRef, since: event.data.at, isSeen: false }] };
    case 'StraysRuledOut': return { ...server, unsweptSince: null };
    case 'DropletGone': {
      const { dropletRef } = event.data;
      const rest = { ...server, unwanted: without(server.unwanted, dropletRef), gone: [...server.gone, dropletRef] };
      return rest.status === 'failed' && rest.droplet?.ref === dropletRef ? { ...rest, droplet: null } : rest;
    }
    case 'AgentSeen': return { ...server, isAgentSeen: true };
    case 'RetryRequested': {
      const { attempt, at } = event.data;
      return {
        ...shared(server), status: 'creating', attempt, attemptSince: at, since: at, tries: 0, isAgentSeen: false,
        unwanted: condemned(server), isCleared: false, refused: null, power: undefined,
      };
    }
    case 'AttemptCleared': return server.status === 'creating' ? { ...server, isCleared: true } : server;
    case 'DeletionRequested': return { ...shared(server), status: 'deleting', since: event.data.at, unwanted: condemned(server), power: undefined };
    case 'ServerDeleted': return { ...shared(server), status: 'deleted', since: event.data.at };
  }
};

export const evolve = (server: ServerState, event: ServerEvent): ServerState => {
  if (server.status !== 'none') return evolveExisting(server, event);
  return event.type === 'ServerRequested' ? requested(event.data) : server;
};
