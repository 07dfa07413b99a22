/**
 * The process manager of groups: looks at what the catalogue shows, has the decider decide, and carries out what follows
 * from the log. It may be killed between any two lines, and two replicas may do the same: who is asked for stands in the
 * log before anybody asks, each under a job of its own, and the catalogue makes one server of one job.
 */
import { ServerWish, type GroupId, type GroupLoad, type LoadMinute, type ServerId } from '@citrus/contracts';
import { NotFound, Refusal, Unavailable } from '@citrus/kit-domain';
import type { Origin, ServerCatalog } from '../catalog/server-catalog.ts';
import { dutiesOf, isLive, type Duty } from './converge.ts';
import type { GroupCommand, Readings } from './group.commands.ts';
import type { GroupEvent } from './group.events.ts';
import { nameOfMember } from './group.projection.ts';
import type { Group, GroupState } from './group.state.ts';
import { activeMembers, judgeLoad, windowOf } from './judge-load.ts';

export type GroupProcess = {
  readonly load: (groupId: GroupId) => Promise<{ readonly state: GroupState; readonly cause?: string | undefined }>;
  readonly execute: (command: GroupCommand, group: Group, cause?: string) => Promise<readonly GroupEvent[]>;
  readonly readingsOf: (serverIds: readonly ServerId[]) => Promise<Readings>;
  readonly catalog: Pick<ServerCatalog, 'provisionAndAdd' | 'requestDeletion' | 'withdraw'>;
  /** @throws Unavailable where the metrics service does not answer */
  readonly loadOf: (serverIds: readonly ServerId[], window: { readonly from: string; readonly to: string }) => Promise<readonly LoadMinute[]>;
  readonly noteLoad: (groupId: GroupId, load: GroupLoad) => Promise<void>;
  /** How often a group on its way to its target is looked at. */
  readonly lookMs: number;
  readonly now: () => number;
  readonly newId: () => ServerId;
};

/** So much less often when it is at rest. */
const QUIET = 6;
const ASK_AGAIN_MS = 60_000;
/** So that one step stays short; the next one follows at once. */
const MOST_DUTIES = 10;

const ITSELF = { kind: 'service', id: 'provisioning' } as const;
const isoOf = (ms: number): string => new Date(ms).toISOString();
const originOf = ({ groupId, projectId }: Group, cause: string | undefined): Origin => ({ actor: ITSELF, projectId, correlationId: groupId, ...(cause !== undefined && { causationId: cause }) });

/** What the rule finds, also where it finds nothing: the group then stays as it is and says so. */
const measure = async (process: GroupProcess, group: Group, readings: Readings, cause: string | undefined): Promise<void> => {
  const { groupId, policy } = group;
  if (!policy || group.isPaused || group.status !== 'active') return;
  const now = process.now();
  const active = activeMembers(group, readings);
  let minutes: readonly LoadMinute[] = [];
  try {
    if (active.length > 0) minutes = await process.loadOf(active, windowOf(policy, now));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    await process.noteLoad(groupId, { at: isoOf(now), percent: null, note: 'The metrics service does not answer. The group stays as it is.' });
    return;
  }
  const { percent, note } = judgeLoad(group, { readings, minutes }, now);
  await process.execute({ type: 'RecordLoad', at: isoOf(now), data: { groupId, readings, minutes } }, group, cause);
  await process.noteLoad(groupId, { at: isoOf(now), percent, note });
};

/** Asked for before, under what the group was called then; or taken back meanwhile. The catalogue shows what is true. */
const OVERTAKEN: ReadonlySet<string> = new Set(['idempotency.reused', 'order.withdrawn', 'stream.changed']);

const isNo = (error: unknown): error is Refusal | NotFound => error instanceof Refusal || error instanceof NotFound;

const provision = async (process: GroupProcess, group: Group, { member }: Duty, cause: string | undefined): Promise<void> => {
  const { groupId, projectId } = group;
  const { serverId, jobId, ordinal } = member;
  try {
    const spec = ServerWish.parse({ ...group.template, name: nameOfMember(group.name, ordinal) });
    await process.catalog.provisionAndAdd(spec, { serverId, jobId, projectId, origin: originOf(group, cause) });
  } catch (error) {
    if (!isNo(error)) throw error;
    if (OVERTAKEN.has(error.code)) return;
    const now = process.now();
    await process.execute({ type: 'RecordRefused', at: isoOf(now), data: { groupId, serverId, code: error.code, reason: error.message, retryAt: isoOf(now + ASK_AGAIN_MS) } }, group, cause);
  }
};

const carryOut = async (process: GroupProcess, group: Group, duty: Duty, cause: string | undefined): Promise<void> => {
  const { member: { serverId, jobId } } = duty;
  const left = (as: 'removed' | 'ordinary-server') => process.execute({ type: 'RecordLeft', at: isoOf(process.now()), data: { groupId: group.groupId, serverId, as } }, group, cause);
  switch (duty.do) {
    case 'provision': return provision(process, group, duty, cause);
    case 'withdraw':
      if ((await process.catalog.withdraw(jobId, originOf(group, cause))) === 'withdrawn') await left('removed');
      return;
    case 'delete':
      try {
        await process.catalog.requestDeletion(serverId, originOf(group, cause));
      } catch (error) {
        // Somebody has protected it meanwhile: then it is theirs.
        if (!(error instanceof Refusal)) throw error;
        await left('ordinary-server');
      }
  }
};

const isAtRest = (group: Group, readings: Readings): boolean =>
  group.isPaused || group.isStalled || (group.members.length === group.target && group.members.every((member) => member.phase === 'joined' && isLive(member, readings)));

/** Makes one step for one group; gives when it wants to be looked at again, `null` when never. */
export const advanceGroup = async (process: GroupProcess, groupId: GroupId): Promise<number | null> => {
  const before = await process.load(groupId);
  if (before.state.status === 'none' || before.state.status === 'deleted') return null;
  const readings = await process.readingsOf(before.state.members.map(({ serverId }) => serverId));
  await measure(process, before.state, readings, before.cause);
  const newIds = Array.from({ length: before.state.max }, () => process.newId());
  await process.execute({ type: 'Converge', at: isoOf(process.now()), data: { groupId, readings, newIds } }, before.state, before.cause);
  const { state: group, cause } = await process.load(groupId);
  if (group.status === 'none' || group.status === 'deleted') return null;
  const duties = dutiesOf(group, readings, process.now());
  for (const duty of duties.slice(0, MOST_DUTIES)) await carryOut(process, group, duty, cause);
  const now = process.now();
  if (duties.length > MOST_DUTIES) return now;
  return now + process.lookMs * (isAtRest(group, readings) ? QUIET : 1);
};
