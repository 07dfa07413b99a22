/**
 * What may be done with a server that is there. One action at a time: a second one is refused and told what runs, because
 * what sense it makes depends on how the first one ends. Whoever asks again by the same id is not given another.
 * Deletion beats every action, and protection beats deletion.
 */
import { canonicalJson, type ActionId } from '@citrus/contracts';
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { ServerEvent } from '../server/server.events.ts';
import { dropletOf, type ExistingServer } from '../server/server.state.ts';
import { refuseTags, tagsAfter } from '../server/tags.ts';
import type { CancelAction, DayTwoCommand, IntendAction, MaintainServer, ProtectServer, RecordActStarted, RequestAction, SucceedAction } from './action.commands.ts';
import { specNow, type RunningAction } from './action.state.ts';
import { BEING } from './action.words.ts';

const nameOf = (server: ExistingServer): string => specNow(server).name;

/** There is a droplet that was seen to run, and nobody is about to remove it. */
export const canAct = (server: ExistingServer): boolean =>
  dropletOf(server) !== null && (server.status === 'active' || server.status === 'initializing' || (server.status === 'failed' && server.step === 'initializing'));

/** @throws Refusal when the disk, or all of it, is not to go */
export const refuseProtected = (server: ExistingServer, what: string): void => {
  if (server.isProtected) throw new Refusal('server.protected', `Server ${nameOf(server)} is protected: it cannot be ${what}. An admin can take the protection off first.`);
};

/** No cloud has anything to do with the machine; its name and tags are ours. */
const requestOfJoined = ({ data: { serverId, actionId, action }, at }: RequestAction, server: ExistingServer): ServerEvent[] => {
  if (action.type !== 'rename' && action.type !== 'tag') {
    throw new Refusal('server.no_cloud', `Server ${nameOf(server)} joined by a command and is in no cloud of ours, so it cannot be ${BEING[action.type]} from here. Do it on the machine, or where the machine comes from.`);
  }
  if (server.status === 'deleted') throw new Refusal('server.deleted', `Server ${nameOf(server)} was deleted.`);
  const requested: ServerEvent = { type: 'ActionRequested', data: { serverId, actionId, action, at } };
  if (action.type === 'tag') return [requested, { type: 'ActionSucceeded', data: { serverId, actionId, action, tags: tagsAfter(specNow(server).tags, action), at } }];
  return [requested, { type: 'ServerRenamed', data: { serverId, name: action.name, at } }, { type: 'ActionSucceeded', data: { serverId, actionId, action, at } }];
};

const request = (command: RequestAction, server: ExistingServer): ServerEvent[] => {
  const { data: { serverId, actionId, action }, at } = command;
  const before = server.action?.actionId === actionId ? server.action : server.finished?.find((finished) => finished.actionId === actionId);
  if (before) {
    if (canonicalJson(before.action) !== canonicalJson(action)) throw new Refusal('idempotency.reused', 'This Idempotency-Key was used for another action. Choose a new one.');
    return [];
  }
  if (action.type === 'tag') refuseTags(specNow(server).tags, action);
  if (server.provider === 'none') return requestOfJoined(command, server);
  if (!canAct(server)) throw new Refusal('server.not_there', `Server ${nameOf(server)} is ${server.status}: there is no running droplet to do this with.`);
  if (server.action) {
    const { action: running, requestedAt } = server.action;
    throw new Refusal('server.busy', `Server ${nameOf(server)} is being ${BEING[running.type]} since ${requestedAt.slice(11, 16)} UTC. Ask again when that is over, or cancel it if it has not begun.`);
  }
  if (action.type === 'rebuild' || action.type === 'restore') refuseProtected(server, BEING[action.type]);
  return [{ type: 'ActionRequested', data: { serverId, actionId, action, at } }];
};

/** The cloud has nothing of it, and will not have. */
const isUntouched = ({ pending, started, isDoubtful }: RunningAction): boolean => !pending && !started && !isDoubtful;

const cancelled = (server: ExistingServer, { actionId, action }: RunningAction, at: string): ServerEvent => ({ type: 'ActionCancelled', data: { serverId: server.serverId, actionId, action, at } });

const cancel = ({ data: { actionId }, at }: CancelAction, server: ExistingServer): ServerEvent[] => {
  const running = server.action;
  if (running?.actionId !== actionId) {
    if (server.finished?.some((finished) => finished.actionId === actionId)) throw new Refusal('action.over', 'This action is over; there is nothing to cancel.');
    throw new NotFound('action.unknown', `Server ${nameOf(server)} has no action ${actionId}.`);
  }
  if (!isUntouched(running)) throw new Refusal('action.begun', `The cloud was told already that server ${nameOf(server)} is to be ${BEING[running.action.type]}; that cannot be called back.`);
  return [cancelled(server, running, at)];
};

const protect = ({ data: { serverId, isProtected }, at }: ProtectServer, server: ExistingServer): ServerEvent[] => {
  if (server.status === 'deleting' || server.status === 'deleted') throw new Refusal('server.deleted', `Server ${nameOf(server)} is ${server.status}; it is too late to protect it.`);
  return (server.isProtected ?? false) === isProtected ? [] : [{ type: 'ProtectionChanged', data: { serverId, isProtected, at } }];
};

const maintain = ({ data: { serverId, isOn, reason }, at }: MaintainServer, server: ExistingServer): ServerEvent[] => {
  if (server.status === 'deleting' || server.status === 'deleted') throw new Refusal('server.deleted', `Server ${nameOf(server)} is ${server.status}.`);
  const isSame = isOn ? server.maintenance !== undefined && server.maintenance.reason === reason : server.maintenance === undefined;
  return isSame ? [] : [{ type: 'MaintenanceChanged', data: { serverId, isOn, at, ...(isOn && reason !== undefined && { reason }) } }];
};

/** Only the caller whose event this makes may call the cloud: of two replicas the other one gets nothing. */
const intend = ({ data, at }: IntendAction, running: RunningAction): ServerEvent[] =>
  !running.pending && !running.started && data.tryNumber === running.tries + 1 ? [{ type: 'ActionIntended', data: { ...data, at } }] : [];

/** An answer, or what a look-up found: also of a call that was given up for lost. */
const isNewsOf = (running: RunningAction, tryNumber: number): boolean =>
  !running.started && (running.pending ? running.pending.tryNumber === tryNumber : running.isDoubtful && running.tries === tryNumber);

const started = ({ data, at }: RecordActStarted, server: ExistingServer, running: RunningAction): ServerEvent[] => {
  const { serverId, actionId, tryNumber, opRef, reenrolEndsAt: endsAt } = data;
  if (!isNewsOf(running, tryNumber)) return [];
  const { type } = running.action;
  const begun: ServerEvent = { type: 'ActionStarted', data: { serverId, actionId, at, ...(opRef !== undefined && { opRef }) } };
  // Not before: were the cloud to refuse, the agent that is there would be out for nothing.
  return type === 'rebuild' || type === 'restore' ? [begun, { type: 'ReenrolOpened', data: { serverId, attempt: server.attempt, because: type, endsAt, at } }] : [begun];
};

const succeed = ({ data, at }: SucceedAction, { action }: RunningAction): ServerEvent[] => {
  const { serverId, actionId, outcome } = data;
  const done: ServerEvent = { type: 'ActionSucceeded', data: { serverId, actionId, action, ...outcome, at } };
  return action.type === 'rename' ? [{ type: 'ServerRenamed', data: { serverId, name: action.name, at } }, done] : [done];
};

type Report = Exclude<Extract<DayTwoCommand, { data: { actionId: ActionId } }>, RequestAction | CancelAction>;

/** What the process manager reports; it may come twice, or from a replica that was overtaken. */
const decideRunning = (command: Report, server: ExistingServer): ServerEvent[] => {
  const { at, data } = command;
  const running = server.action;
  if (running?.actionId !== data.actionId) return [];
  const { action } = running;
  const { serverId, actionId } = data;
  const isPending = (tryNumber: number): boolean => running.pending?.tryNumber === tryNumber;
  switch (command.type) {
    case 'IntendAction': return intend(command, running);
    case 'RecordActStarted': return started(command, server, running);
    case 'RecordActPostponed': return isPending(command.data.tryNumber) ? [{ type: 'ActionPostponed', data: { ...command.data, at } }] : [];
    case 'RecordActRejected': return isPending(command.data.tryNumber) ? [{ type: 'ActionFailed', data: { serverId, actionId, action, code: command.data.code, reason: command.data.reason, at } }] : [];
    case 'RecordActUnknown': return isPending(command.data.tryNumber) && !running.pending?.unknownAt ? [{ type: 'ActionUnknown', data: { ...command.data, at } }] : [];
    case 'RecordActLost': return isPending(command.data.tryNumber) ? [{ type: 'ActionLost', data: { ...command.data, at } }] : [];
    case 'SucceedAction': return command.data.tries === running.tries ? succeed(command, running) : [];
    case 'FailAction': return command.data.tries === running.tries ? [{ type: 'ActionFailed', data: { serverId, actionId, action, code: command.data.code, reason: command.data.reason, at } }] : [];
  }
};

export const decideDayTwo = (command: DayTwoCommand, server: ExistingServer): ServerEvent[] => {
  switch (command.type) {
    case 'RequestAction': return request(command, server);
    case 'CancelAction': return cancel(command, server);
    case 'ProtectServer': return protect(command, server);
    case 'MaintainServer': return maintain(command, server);
    case 'RecordPower': {
      const { serverId, dropletRef, power } = command.data;
      // While an action runs, its outcome tells.
      const isNews = canAct(server) && !server.action && dropletOf(server)?.ref === dropletRef && server.power !== power;
      return isNews ? [{ type: 'PowerObserved', data: { serverId, power, at: command.at } }] : [];
    }
    case 'IntendAction': case 'RecordActStarted': case 'RecordActPostponed': case 'RecordActRejected': case 'RecordActUnknown': case 'RecordActLost': case 'SucceedAction': case 'FailAction':
      return decideRunning(command, server);
  }
};

/** An action never outlives what it was asked for: the server is deleted, made anew, or its droplet has gone. */
export const endOfAction = (server: ExistingServer, at: string): ServerEvent[] => {
  const running = server.action;
  if (!running) return [];
  if (isUntouched(running)) return [cancelled(server, running, at)];
  const { actionId, action } = running;
  return [{ type: 'ActionFailed', data: { serverId: server.serverId, actionId, action, code: 'droplet.gone', reason: 'The droplet is gone or goes: what the cloud had begun with it ends with it.', at } }];
};
