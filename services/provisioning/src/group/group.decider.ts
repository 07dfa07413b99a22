/** What may happen to a group. People are refused what makes no sense; what the process manager reports may come twice or late. */
import { canonicalJson } from '@citrus/contracts';
import { NotFound, Refusal, type Decider } from '@citrus/kit-domain';
import { converge } from './converge.ts';
import type { ChangeGroup, CreateGroup, GroupCommand } from './group.commands.ts';
import type { GroupEvent } from './group.events.ts';
import { evolve, type Group, type GroupState } from './group.state.ts';
import { judgeLoad } from './judge-load.ts';
import { refuseReserved } from '../server/tags.ts';

type Size = { readonly min: number; readonly max: number; readonly target: number };

const checkSize = ({ min, max, target }: Size): void => {
  if (min > max) throw new Refusal('group.bounds', `At least ${min} and at most ${max} servers cannot be. Choose a minimum up to the maximum.`, [{ path: 'min', message: `is more than max, ${max}` }]);
  if (target < min || target > max) throw new Refusal('group.target', `The target of ${target} is not between ${min} and ${max}. Choose one in between, or move the bounds.`, [{ path: 'target', message: `is not between ${min} and ${max}` }]);
};

/** Look-ups go by these; a server that carried them could be taken for another one's. */
const create = ({ at, data: { groupId, projectId, spec } }: CreateGroup, group: GroupState): GroupEvent[] => {
  const { target = spec.min, ...wanted } = spec;
  checkSize({ ...spec, target });
  refuseReserved(spec.template.tags, 'template.tags');
  const created = { groupId, projectId, ...wanted, target };
  if (group.status === 'none') return [{ type: 'GroupCreated', data: { ...created, at } }];
  const isSame = group.projectId === projectId && canonicalJson([group.name, group.template]) === canonicalJson([spec.name, spec.template]);
  // The id comes from an Idempotency-Key; what has changed since then was changed on purpose.
  if (!isSame) throw new Refusal('idempotency.reused', 'This Idempotency-Key was used for another request. Choose a new one.');
  return [];
};

const change = ({ at, data: { groupId, changes } }: ChangeGroup, group: Group): GroupEvent[] => {
  const { template, min = group.min, max = group.max } = changes;
  if (template) refuseReserved(template.tags, 'template.tags');
  // Bounds that move take the target along; a target that was named is refused where it does not fit.
  const target = changes.target ?? Math.min(Math.max(group.target, min), max);
  checkSize({ min, max, target });
  const wanted = { ...changes, min, max, target };
  const now: Readonly<Record<string, unknown>> = group;
  const news = Object.entries(wanted).filter(([field, value]) => value !== undefined && canonicalJson(value) !== canonicalJson(now[field]));
  if (news.length === 0) return [];
  return [{ type: 'GroupChanged', data: { groupId, ...Object.fromEntries(news), at } }];
};

const decideExisting = (command: GroupCommand, group: Group): GroupEvent[] => {
  const { at, data: { groupId } } = command;
  const ended = (): Refusal => new Refusal('group.deleted', `The group ${group.name} is ${group.status === 'deleted' ? 'deleted' : 'being deleted'}.`);
  switch (command.type) {
    case 'CreateGroup': return create(command, group);
    case 'ChangeGroup':
      if (group.status !== 'active') throw ended();
      return change(command, group);
    case 'PauseGroup':
      if (group.status !== 'active') throw ended();
      return group.isPaused ? [] : [{ type: 'GroupPaused', data: { groupId, at } }];
    case 'ResumeGroup':
      if (group.status !== 'active') throw ended();
      return group.isPaused || group.isStalled ? [{ type: 'GroupResumed', data: { groupId, at } }] : [];
    case 'DeleteGroup': return group.status === 'active' ? [{ type: 'GroupDeletionRequested', data: { groupId, keepsServers: command.data.keepsServers, at } }] : [];
    case 'Converge': return converge(command, group);
    case 'RecordLoad': {
      const { to, note } = judgeLoad(group, command.data, Date.parse(at));
      return to === null ? [] : [{ type: 'ScaleDecided', data: { groupId, from: group.target, to, why: note, at } }];
    }
    case 'RecordRefused': {
      const member = group.members.find(({ serverId, phase }) => serverId === command.data.serverId && phase === 'starting');
      const isNews = member !== undefined && !member.isReleased && (member.retryAt === null || Date.parse(member.retryAt) <= Date.parse(at));
      return isNews ? [{ type: 'MemberRefused', data: { ...command.data, at } }] : [];
    }
    case 'RecordLeft': {
      const isMember = group.members.some(({ serverId, isReleased }) => isReleased && serverId === command.data.serverId);
      return isMember ? [{ type: 'MemberLeft', data: { ...command.data, at } }] : [];
    }
  }
};

const decide = (command: GroupCommand, group: GroupState): GroupEvent[] => {
  if (group.status !== 'none') return decideExisting(command, group);
  if (command.type === 'CreateGroup') return create(command, group);
  throw new NotFound('group.not_found', `There is no group ${command.data.groupId}.`);
};

/** A group lives for years and its stream grows with every server that it makes. */
export const groupDecider: Decider<GroupState, GroupCommand, GroupEvent> = { decide, evolve, initialState: { status: 'none' }, snapshot: { name: 'group', version: 1, every: 500 } };
