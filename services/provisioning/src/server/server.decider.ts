/**
 * What may happen to a server. People are refused what makes no sense; the process manager and the feeds never are:
 * what they report may come twice, late, or from a replica that was overtaken, and then decides to what is still true
 * (mostly nothing; for a droplet that nobody expected any more: a stray to destroy).
 */
import { canonicalJson } from '@citrus/contracts';
import { NotFound, Refusal, type Decider } from '@citrus/kit-domain';
import type {
  IntendCreate, RecordAccepted, RecordAgentConnected, RecordLookUp, RecordReady, RecordRefused, RecordVanished, RequestDeletion, RequestServer, RetryServer, ServerCommand,
} from './server.commands.ts';
import { isDayTwoCommand, type DayTwoCommand } from '../action/action.commands.ts';
import { canAct, decideDayTwo, endOfAction, refuseProtected } from '../action/action.decider.ts';
import { specNow } from '../action/action.state.ts';
import { decideJoined, openFirstJoin } from './joined-server.decider.ts';
import type { ServerEvent } from './server.events.ts';
import { dropletOf, evolve, type ExistingServer, type ServerState } from './server.state.ts';
import { refuseReserved } from './tags.ts';

const request = ({ data, at }: RequestServer, server: ServerState): ServerEvent[] => {
  refuseReserved(data.spec.tags, 'spec.tags');
  const { joinEndsAt, ...wanted } = data;
  if (server.status === 'none') {
    if (joinEndsAt === undefined) return [{ type: 'ServerRequested', data: { ...wanted, at } }];
    return [{ type: 'ServerRequested', data: { ...wanted, provider: 'none', at } }, openFirstJoin({ data, at, type: 'RequestServer' }, joinEndsAt)];
  }
  if (server.jobId !== data.jobId || server.projectId !== data.projectId) throw new Refusal('server.exists', 'This server or job id is in use already. Choose another one.');
  // The job id comes from an Idempotency-Key.
  if (canonicalJson(server.spec) !== canonicalJson(data.spec) || (server.provider === 'none') !== (joinEndsAt !== undefined)) throw new Refusal('idempotency.reused', 'This Idempotency-Key was used for another request. Choose a new one.');
  return [];
};

const retry = ({ data, at }: RetryServer, server: ExistingServer): ServerEvent[] => {
  if (server.status !== 'failed') throw new Refusal('server.not_failed', `Server ${server.spec.name} is ${server.status}; only a failed one can be tried again.`);
  if (server.step === 'deleting') throw new Refusal('server.deletion_failed', `Server ${server.spec.name} failed while it was deleted. Delete it again.`);
  refuseProtected(server, 'made anew');
  return [{ type: 'RetryRequested', data: { ...data, attempt: server.attempt + 1, at } }];
};

/** Only the caller whose event this makes may send the POST: of two replicas the other one gets nothing. */
const intend = ({ data, at }: IntendCreate, server: ExistingServer): ServerEvent[] => {
  const isNext = server.status === 'creating' && server.isCleared && !server.pending && server.attempt === data.attempt && data.tryNumber === server.tries + 1;
  return isNext ? [{ type: 'DropletCreateIntended', data: { ...data, at } }] : [];
};

const isPending = (server: ExistingServer, { attempt, tryNumber }: { attempt: number; tryNumber: number }): boolean =>
  server.attempt === attempt && server.pending?.tryNumber === tryNumber;

const isKnown = (server: ExistingServer, ref: string): boolean =>
  dropletOf(server)?.ref === ref || server.gone.includes(ref) || server.unwanted.some((droplet) => droplet.ref === ref);

const stray = (server: ExistingServer, dropletRef: string, at: string): ServerEvent => ({ type: 'StrayDropletFound', data: { serverId: server.serverId, dropletRef, at } });

const canTake = (server: ExistingServer, attempt: number): boolean => server.status === 'creating' && server.isCleared && server.attempt === attempt;

const accepted = ({ data, at }: RecordAccepted, server: ExistingServer): ServerEvent[] => {
  if (isKnown(server, data.dropletRef)) return [];
  if (!canTake(server, data.attempt)) return [stray(server, data.dropletRef, at)];
  const { serverId, attempt, dropletRef, actionRef } = data;
  return [{ type: 'DropletAccepted', data: { serverId, attempt, dropletRef, at, ...(actionRef !== undefined && { actionRef }) } }];
};

const refused = ({ data, at }: RecordRefused, server: ExistingServer): ServerEvent[] => {
  if (!isPending(server, data)) return [];
  const { serverId, code, reason, retryAt } = data;
  const refusal: ServerEvent = { type: 'DropletCreateRefused', data: { ...data, retryAt: retryAt ?? at, at } };
  if (retryAt !== null || server.status !== 'creating') return [refusal];
  return [refusal, { type: 'ServerFailed', data: { serverId, step: 'creating', code, reason, at } }];
};

const lookedUp = ({ data, at }: RecordLookUp, server: ExistingServer): ServerEvent[] => {
  const { serverId, attempt, tryNumber, isSettled } = data;
  const news = [...data.ours, ...data.strays].filter((ref) => !isKnown(server, ref));
  const [first] = data.ours.filter((ref) => news.includes(ref));
  const strays = (refs: string[]) => refs.map((ref) => stray(server, ref, at));
  if (first !== undefined && isPending(server, data) && canTake(server, attempt)) {
    return [{ type: 'DropletAccepted', data: { serverId, attempt, dropletRef: first, at } }, ...strays(news.filter((ref) => ref !== first))];
  }
  const isLost = isSettled && isPending(server, data) && data.ours.length === 0;
  return [...strays(news), ...(isLost ? [{ type: 'DropletCreateLost' as const, data: { serverId, attempt, tryNumber, at } }] : [])];
};

const ready = ({ data, at }: RecordReady, server: ExistingServer): ServerEvent[] => {
  if (server.status !== 'provisioning' || server.droplet.ref !== data.dropletRef) return [];
  const { serverId, attempt, ipAddress } = data;
  const isReady: ServerEvent = { type: 'DropletReady', data: { serverId, attempt, ipAddress, at } };
  return server.isAgentSeen ? [isReady, { type: 'ServerActivated', data: { serverId, agentId: server.agentId, at } }] : [isReady];
};

const vanished = ({ data, at }: RecordVanished, server: ExistingServer): ServerEvent[] => {
  if (server.status !== 'provisioning' && server.status !== 'initializing') return [];
  const { serverId, dropletRef, code, reason } = data;
  if (server.droplet?.ref !== dropletRef) return [];
  return [
    { type: 'ServerFailed', data: { serverId, step: server.status, code, reason, at } },
    { type: 'DropletGone', data: { serverId, dropletRef, at } },
  ];
};

const agentConnected = ({ data, at }: RecordAgentConnected, server: ExistingServer): ServerEvent[] => {
  const { serverId, agentId } = data;
  if (server.agentId !== agentId) return [];
  // The agent of the disk that was there before had said hello, and the news come only now.
  if (server.reenrolledAt !== undefined && at < server.reenrolledAt) return [];
  const isLate = server.status === 'failed' && server.step === 'initializing' && server.droplet !== null;
  // A late agent heals its server: the droplet runs, it was only slow.
  if (server.status === 'initializing' || isLate) return [{ type: 'ServerActivated', data: { serverId, agentId, at } }];
  const isEarly = server.status === 'provisioning' || (server.status === 'creating' && server.tries > 0);
  return isEarly && !server.isAgentSeen ? [{ type: 'AgentSeen', data: { serverId, agentId, at } }] : [];
};

const requestDeletion = ({ data: { serverId }, at }: RequestDeletion, server: ExistingServer): ServerEvent[] => {
  if (server.status === 'deleting' || server.status === 'deleted') return [];
  refuseProtected(server, 'deleted');
  return [{ type: 'DeletionRequested', data: { serverId, at } }];
};

const decideExisting = (command: Exclude<ServerCommand, DayTwoCommand>, server: ExistingServer): ServerEvent[] => {
  const { at, data: { serverId } } = command;
  if (server.provider === 'none' && command.type !== 'RequestServer') return decideJoined(command, server);
  switch (command.type) {
    case 'RequestServer': return request(command, server);
    case 'RenewJoin': throw new Refusal('server.not_joining', `Server ${server.spec.name} was made by a cloud and gets its agent by itself.`);
    case 'RequestDeletion': return requestDeletion(command, server);
    case 'RetryServer': return retry(command, server);
    case 'IntendCreate': return intend(command, server);
    case 'RecordAccepted': return accepted(command, server);
    case 'RecordRefused': return refused(command, server);
    case 'RecordUnknown': return isPending(server, command.data) && !server.pending?.unknownAt ? [{ type: 'DropletCreateUnknown', data: { ...command.data, at } }] : [];
    case 'RecordLookUp': return lookedUp(command, server);
    case 'RecordReady': return ready(command, server);
    case 'RecordGone': return server.unwanted.some(({ ref }) => ref === command.data.dropletRef) ? [{ type: 'DropletGone', data: { ...command.data, at } }] : [];
    case 'RecordVanished': return vanished(command, server);
    case 'RecordCleared': {
      if (server.unwanted.length > 0 || server.pending || server.attempt !== command.data.attempt) return [];
      if (server.status === 'deleting') return [{ type: 'ServerDeleted', data: { serverId, at } }];
      return server.status === 'creating' && !server.isCleared ? [{ type: 'AttemptCleared', data: { serverId, attempt: server.attempt, at } }] : [];
    }
    case 'RecordSwept': {
      const isClean = server.unsweptSince === command.data.since && server.unwanted.length === 0 && !server.pending;
      return isClean ? [{ type: 'StraysRuledOut', data: { serverId, at } }] : [];
    }
    case 'RecordAgentConnected': return agentConnected(command, server);
    case 'RecordMissing': {
      const { dropletRef } = command.data;
      if (server.status !== 'active' || dropletOf(server)?.ref !== dropletRef) return [];
      return [{ type: 'MachineMissing', data: { serverId, dropletRef, at } }, { type: 'DropletGone', data: { serverId, dropletRef, at } }];
    }
    case 'AcceptSize': {
      const { dropletRef, size } = command.data;
      const isNews = server.status === 'active' && !server.action && dropletOf(server)?.ref === dropletRef && specNow(server).size !== size;
      return isNews ? [{ type: 'SizeAccepted', data: { serverId, dropletRef, size, at } }] : [];
    }
    case 'FailServer': {
      const { attempt, step, code, reason } = command.data;
      return server.status === step && server.attempt === attempt ? [{ type: 'ServerFailed', data: { serverId, step, code, reason, at } }] : [];
    }
  }
};

const ASKED_BY_PEOPLE = new Set<ServerCommand['type']>(['RequestDeletion', 'RetryServer', 'RenewJoin', 'RequestAction', 'CancelAction', 'ProtectServer', 'MaintainServer']);

/** An action ends with what makes it senseless, in one append. */
const withEndOfAction = (events: ServerEvent[], server: ExistingServer, at: string): ServerEvent[] => {
  if (!server.action || events.length === 0) return events;
  const after = events.reduce<ServerState>(evolve, server);
  return after.status === 'none' || after.action === undefined || canAct(after) ? events : [...endOfAction(server, at), ...events];
};

const decide = (command: ServerCommand, server: ServerState): ServerEvent[] => {
  if (server.status !== 'none') return withEndOfAction(isDayTwoCommand(command) ? decideDayTwo(command, server) : decideExisting(command, server), server, command.at);
  if (command.type === 'RequestServer') return request(command, server);
  if (ASKED_BY_PEOPLE.has(command.type)) throw new NotFound('server.not_found', `There is no server ${command.data.serverId}.`);
  return [];
};

export const serverDecider: Decider<ServerState, ServerCommand, ServerEvent> = { decide, evolve, initialState: { status: 'none' } };
