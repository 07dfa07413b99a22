/**
 * The life of an app as far as it is changed safely: at most one change at a time, each from a backup to an end that
 * says what is on the server now; and its health, told when it becomes another. What jobs do to it is told by the jobs.
 */
import { canonicalJson, type AppHealth, type ChangeStep, type InstallerId, type JobId, type ProjectId, type ServerId } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { reusedKey } from '../job/job.decider.ts';
import type { AppEvent, RequestedChange } from './app.events.ts';
import { afterStep, type OpenChange, type StepEnd } from './change-rule.ts';

export type AppLife = {
  /** Every change that was ever asked for, so that asking twice is asking once. */
  readonly asked: Readonly<Record<string, RequestedChange>>;
  readonly open: OpenChange | undefined;
  readonly health: AppHealth;
};

export type AppCommand =
  | { type: 'RequestChange'; data: RequestedChange }
  | { type: 'EndStep'; data: { changeId: string; step: ChangeStep; end: StepEnd; at: string } }
  | { type: 'RecordHealth'; data: { serverId: ServerId; projectId: ProjectId; installer: InstallerId; jobId: JobId; health: AppHealth; reason: string | null; at: string } };

/** What somebody asked for, as far as it can be compared: sealed texts differ, and so may the installer by then. */
const requestOf = ({ projectId, serverId, installer, action, inputs, withBackup }: RequestedChange): string => canonicalJson({ projectId, serverId, installer, action, inputs, withBackup });

const advance = (change: RequestedChange, step: ChangeStep, at: string, more: Pick<OpenChange, 'backup' | 'cause'> = {}): AppEvent => {
  const { changeId, serverId, installer, jobIds } = change;
  return { type: 'AppChangeAdvanced', data: { changeId, serverId, installer, step, jobId: jobIds[step], ...(more.backup && { backup: more.backup }), ...(more.cause !== undefined && { cause: more.cause }), at } };
};

const request = ({ asked, open }: AppLife, change: RequestedChange): AppEvent[] => {
  const before = asked[change.changeId];
  if (before && requestOf(before) !== requestOf(change)) throw reusedKey();
  if (before) return [];
  if (open) throw new Refusal('app.changing', `This app is being changed (${open.change.action}). Wait until that has ended.`);
  return [{ type: 'AppChangeRequested', data: change }, advance(change, change.withBackup ? 'back-up' : 'change', change.at)];
};

const endStep = ({ open }: AppLife, { changeId, step, end, at }: Extract<AppCommand, { type: 'EndStep' }>['data']): AppEvent[] => {
  if (open?.change.changeId !== changeId || open.step !== step) return [];
  const after = afterStep(open, end);
  if ('next' in after) return [advance(open.change, after.next, at, { backup: after.backup ?? open.backup, cause: after.cause ?? open.cause })];
  const { serverId, installer } = open.change;
  return [{ type: 'AppChangeFinished', data: { changeId: open.change.changeId, serverId, installer, ...after, at } }];
};

const decide = ({ type, data }: AppCommand, state: AppLife): AppEvent[] => {
  switch (type) {
    case 'RequestChange': return request(state, data);
    case 'EndStep': return endStep(state, data);
    case 'RecordHealth': return state.health === data.health ? [] : [{ type: 'AppHealthChanged', data }];
  }
};

const evolve = (state: AppLife, { type, data }: AppEvent): AppLife => {
  switch (type) {
    case 'AppChangeRequested': return { ...state, asked: { ...state.asked, [data.changeId]: data } };
    case 'AppChangeAdvanced': {
      const change = state.asked[data.changeId];
      return change ? { ...state, open: { change, step: data.step, since: data.at, backup: data.backup, cause: data.cause } } : state;
    }
    case 'AppChangeFinished': return { ...state, open: undefined };
    case 'AppHealthChanged': return { ...state, health: data.health };
  }
};

export const appDecider: Decider<AppLife, AppCommand, AppEvent> = { decide, evolve, initialState: { asked: {}, open: undefined, health: 'unknown' } };
