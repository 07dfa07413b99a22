/**
 * The life of a bundle on its servers: one app at a time, in the order of the plan, and back in reverse order. An app
 * that fails ends the attempt; the next attempt goes on with it. What the world looks like (is the app there already,
 * how did its job end) comes inside the commands.
 */
import { canonicalJson, OPEN_BUNDLE_STATUSES, type BundleAppStatus, type BundlePhase, type BundleStatus, type BundleStep, type JobOutputs, type StepHow, type StepOutcome } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { reusedKey } from '../job/job.decider.ts';
import { patienceWith, waitingFor, type Hold, type Refused } from '../job/passing-refusal.ts';
import type { BundleEvent, EndedStep, RequestedBundle } from './bundle.events.ts';
import { holds, knownOf } from './bundle-values.ts';

export type StepState = {
  readonly status: BundleAppStatus;
  /** The bundle has begun to install it, so it may be there and goes with the bundle. */
  readonly isOurs: boolean;
  readonly how: StepHow | null; readonly workId: string | null; readonly outputs: JobOutputs; readonly reason: string;
  /** Its turn has come, and it waits for what passes by itself. */
  readonly held: Hold | null;
  readonly begunAt: string | null;
};
export type KnownBundle = {
  readonly status: BundleStatus;
  readonly phase: BundlePhase;
  readonly attempt: number;
  readonly withoutBackup: boolean;
  readonly request: RequestedBundle;
  readonly steps: Readonly<Record<string, StepState>>;
};
export type BundleState = { readonly status: 'unknown' } | KnownBundle;

type Turn = { readonly attempt: number; readonly phase: BundlePhase; readonly app: string; readonly at: string };
export type StepEnd = { readonly outcome: Extract<StepOutcome, 'done' | 'failed' | 'cancelled'>; readonly outputs: JobOutputs; readonly reason: string };
export type BundleCommand =
  | { type: 'RequestBundle'; data: RequestedBundle }
  /** `present`: what the app that is on the server has handed on; undefined where it is not there. `refused`: why nothing can be asked for yet. */
  | { type: 'BeginStep'; data: Turn & { workId: string; present: JobOutputs | undefined; refused?: Refused | undefined } }
  | { type: 'EndStep'; data: Turn & { end: StepEnd } }
  | { type: 'CancelBundle'; data: { at: string } }
  | { type: 'RetryBundle'; data: { at: string } }
  | { type: 'UninstallBundle'; data: { withoutBackup: boolean; at: string } };

export const isOpen = (state: KnownBundle): boolean => OPEN_BUNDLE_STATUSES.includes(state.status);

/** In the order of the phase. */
const inOrder = ({ request, phase }: KnownBundle): readonly BundleStep[] => (phase === 'install' ? request.steps : request.steps.toReversed());

/** The app that is at work, or whose turn it is. */
export const currentStep = (state: KnownBundle): { readonly step: BundleStep; readonly state: StepState } | undefined => {
  if (!isOpen(state)) return undefined;
  const steps = inOrder(state).map((step) => ({ step, state: state.steps[step.app] as StepState }));
  const running = steps.find((each) => each.state.status === 'running');
  return running ?? (state.status === 'cancelling' ? undefined : steps.find((each) => each.state.status === 'waiting'));
};

/** What apps have handed on so far. */
export const outputsOf = ({ steps }: KnownBundle): Record<string, JobOutputs> => Object.fromEntries(Object.entries(steps).map(([app, { outputs }]) => [app, outputs]));

/** What somebody asked for, as far as it can be compared: sealed texts differ, and the bundle may have been loaded anew. */
const requestOf = ({ projectId, bundle, inputs, servers }: RequestedBundle): string => canonicalJson({ projectId, bundle, inputs, servers });

const finish = ({ request: { installedBundleId, projectId } }: KnownBundle, status: 'installed' | 'removed' | 'cancelled' | 'failed', reason: string, at: string): BundleEvent =>
  ({ type: 'BundleFinished', data: { installedBundleId, projectId, status, reason, at } });

const ADVICE: Readonly<Record<BundlePhase, string>> = {
  install: 'Mend that (the log of its job tells more, where it came to one), then try again from there, or uninstall the bundle.',
  uninstall: 'Mend that (the log of its job tells more, where it came to one), then try again from there. What was removed stays removed.',
};

/** What follows when a step has ended so. */
const afterStep = (before: KnownBundle, ended: EndedStep): BundleEvent[] => {
  const state = evolve(before, { type: 'BundleStepEnded', data: ended }) as KnownBundle;
  const { app, installer, outcome, reason, phase, at } = ended;
  if (outcome === 'failed') return [finish(state, 'failed', `${app} (${installer}) could not be ${phase === 'install' ? 'installed' : 'removed'}: ${reason} ${ADVICE[phase]}`, at)];
  if (outcome === 'cancelled') return [finish(state, 'cancelled', `${app} (${installer}) was cancelled. What is there stays; try again to go on from there, or uninstall the bundle.`, at)];
  const isOver = !Object.values(state.steps).some(({ status }) => status === 'waiting');
  if (isOver) return [finish(state, phase === 'install' ? 'installed' : 'removed', '', at)];
  return state.status === 'cancelling' ? [finish(state, 'cancelled', CANCELLED, at)] : [];
};

const CANCELLED = 'Somebody has cancelled it. What is there stays; try again to go on from there, or uninstall the bundle.';

type Said = { readonly outcome: StepOutcome; readonly outputs?: JobOutputs; readonly reason?: string };
const end = (state: KnownBundle, { serverId, installer, app }: BundleStep, { outcome, outputs = {}, reason = '' }: Said, at: string): BundleEvent[] => {
  const data = { installedBundleId: state.request.installedBundleId, attempt: state.attempt, phase: state.phase, app, serverId, installer, outcome, outputs, reason, at };
  return [{ type: 'BundleStepEnded', data }, ...afterStep(state, data)];
};

const isTurnOf = (state: KnownBundle, { attempt, phase, app }: Turn, status: 'waiting' | 'running') => {
  const current = currentStep(state);
  return attempt === state.attempt && phase === state.phase && current?.step.app === app && current.state.status === status ? current : undefined;
};

const THERE_BEFORE = 'It is on this server already, and the bundle does not say that it may be used or changed. Uninstall it first, or choose another server.';

/** It waits, or has waited long enough. */
const hold = (state: KnownBundle, step: BundleStep, refused: Refused, at: string): BundleEvent[] => {
  const patience = patienceWith(refused, { before: state.steps[step.app]?.held ?? undefined, at });
  if (patience.verdict === 'refused') return end(state, step, { outcome: 'failed', reason: patience.reason }, at);
  const { app, serverId, installer } = step;
  const { attempt, phase, request: { installedBundleId } } = state;
  return patience.isNews ? [{ type: 'BundleStepHeld', data: { installedBundleId, attempt, phase, app, serverId, installer, code: refused.code, reason: waitingFor(refused), until: patience.hold.until, at } }] : [];
};

const begin = (state: KnownBundle, { present, workId, refused, at, ...turn }: Extract<BundleCommand, { type: 'BeginStep' }>['data']): BundleEvent[] => {
  const current = isTurnOf(state, { ...turn, at }, 'waiting');
  if (!current) return [];
  const { step, state: { isOurs } } = current;
  const { app, serverId, installer, when, ifPresent } = step;
  const begun = (how: StepHow): BundleEvent[] =>
    refused ? hold(state, step, refused, at) : [{ type: 'BundleStepBegun', data: { installedBundleId: state.request.installedBundleId, attempt: state.attempt, phase: state.phase, app, serverId, installer, how, workId, at } }];
  if (state.phase === 'uninstall') return present ? begun('uninstall') : end(state, step, { outcome: 'done', reason: 'It was not there any more.' }, at);
  if (!holds(when, knownOf(state.request.inputs, outputsOf(state)))) return end(state, step, { outcome: 'left-out' }, at);
  if (!present || isOurs) return begun('install');
  switch (ifPresent) {
    case 'skip': return end(state, step, { outcome: 'skipped', outputs: present }, at);
    case 'upgrade': return begun('upgrade');
    case 'refuse': return end(state, step, { outcome: 'failed', reason: THERE_BEFORE }, at);
  }
};

const cancel = (state: KnownBundle, at: string): BundleEvent[] => {
  if (state.status === 'cancelling' || state.status === 'cancelled') return [];
  if (!isOpen(state)) throw new Refusal('bundle.finished', `This bundle is ${state.status}; there is nothing to cancel.`);
  const requested: BundleEvent = { type: 'BundleCancelRequested', data: { installedBundleId: state.request.installedBundleId, at } };
  return currentStep(state)?.state.status === 'running' ? [requested] : [requested, finish(state, 'cancelled', CANCELLED, at)];
};

const retry = (state: KnownBundle, at: string): BundleEvent[] => {
  if (state.status === 'installing' || state.status === 'uninstalling') return [];
  if (state.status !== 'failed' && state.status !== 'cancelled') throw new Refusal('bundle.not_retryable', `Only a bundle that failed or was cancelled can be tried again; this one is ${state.status}.`);
  return [{ type: 'BundleRetried', data: { installedBundleId: state.request.installedBundleId, attempt: state.attempt + 1, at } }];
};

const uninstall = (state: KnownBundle, { withoutBackup, at }: { withoutBackup: boolean; at: string }): BundleEvent[] => {
  if (state.status === 'uninstalling') return [];
  if (state.status === 'removed') throw new Refusal('bundle.removed', 'This bundle was removed already.');
  if (isOpen(state)) throw new Refusal('bundle.busy', `This bundle is ${state.status}. Cancel it, or wait until that has ended.`);
  const { installedBundleId } = state.request;
  const requested = { type: 'BundleUninstallRequested', data: { installedBundleId, attempt: state.attempt + 1, withoutBackup, at } } as const;
  const after = evolve(state, requested) as KnownBundle;
  return currentStep(after) ? [requested] : [requested, finish(after, 'removed', '', at)];
};

const decide = (command: BundleCommand, state: BundleState): BundleEvent[] => {
  if (command.type === 'RequestBundle') {
    if (state.status === 'unknown') return [{ type: 'BundleRequested', data: command.data }];
    if (requestOf(state.request) !== requestOf(command.data)) throw reusedKey();
    return [];
  }
  if (state.status === 'unknown') return [];
  switch (command.type) {
    case 'BeginStep': return begin(state, command.data);
    case 'EndStep': {
      const { end: ended, ...turn } = command.data;
      const current = isTurnOf(state, turn, 'running');
      return current ? end(state, current.step, ended, turn.at) : [];
    }
    case 'CancelBundle': return cancel(state, command.data.at);
    case 'RetryBundle': return retry(state, command.data.at);
    case 'UninstallBundle': return uninstall(state, command.data);
  }
};

const WAITING: StepState = { status: 'waiting', isOurs: false, how: null, workId: null, outputs: {}, reason: '', held: null, begunAt: null };

/** How a step stands once it has ended. */
const statusAfter = (phase: BundlePhase, outcome: StepOutcome): BundleAppStatus => (outcome === 'done' ? (phase === 'install' ? 'installed' : 'removed') : outcome);

const again = (step: StepState): StepState => (step.status === 'failed' || step.status === 'cancelled' ? { ...step, status: 'waiting', reason: '', held: null } : step);
/** What the bundle has begun to install goes; the others stay. */
const going = (step: StepState): StepState => {
  if (step.status === 'removed' || step.status === 'kept') return step;
  if (step.isOurs) return { ...step, status: 'waiting', reason: '', held: null };
  return step.status === 'skipped' || step.how === 'upgrade' ? { ...step, status: 'kept', reason: 'It was there before the bundle.' } : { ...step, status: 'left-out', reason: '' };
};
const mapSteps = (steps: KnownBundle['steps'], change: (step: StepState) => StepState): KnownBundle['steps'] => Object.fromEntries(Object.entries(steps).map(([app, step]) => [app, change(step)]));
const withStep = ({ steps }: KnownBundle, app: string, change: Partial<StepState>): KnownBundle['steps'] => ({ ...steps, [app]: { ...(steps[app] ?? WAITING), ...change } });
const workingIn = (phase: BundlePhase): BundleStatus => (phase === 'install' ? 'installing' : 'uninstalling');

export const evolve = (state: BundleState, { type, data }: BundleEvent): BundleState => {
  if (type === 'BundleRequested') return { status: 'installing', phase: 'install', attempt: 1, withoutBackup: false, request: data, steps: Object.fromEntries(data.steps.map(({ app }) => [app, WAITING])) };
  if (state.status === 'unknown') return state;
  switch (type) {
    case 'BundleStepHeld': return { ...state, steps: withStep(state, data.app, { reason: data.reason, held: { code: data.code, since: state.steps[data.app]?.held?.since ?? data.at, until: data.until } }) };
    case 'BundleStepBegun': return { ...state, steps: withStep(state, data.app, { status: 'running', how: data.how, workId: data.workId, reason: '', held: null, begunAt: data.at, ...(data.how === 'install' && { isOurs: true }) }) };
    case 'BundleStepEnded': return { ...state, steps: withStep(state, data.app, { status: statusAfter(data.phase, data.outcome), reason: data.reason, held: null, ...(data.phase === 'install' && { outputs: data.outputs }) }) };
    case 'BundleCancelRequested': return { ...state, status: 'cancelling' };
    case 'BundleRetried': return { ...state, status: workingIn(state.phase), attempt: data.attempt, steps: mapSteps(state.steps, again) };
    case 'BundleUninstallRequested': return { ...state, status: 'uninstalling', phase: 'uninstall', attempt: data.attempt, withoutBackup: data.withoutBackup, steps: mapSteps(state.steps, going) };
    // What nobody waits for any more is not told as waited for.
    case 'BundleFinished': return { ...state, status: data.status, steps: mapSteps(state.steps, (step) => (step.held ? { ...step, reason: '', held: null } : step)) };
  }
};

export const bundleDecider: Decider<BundleState, BundleCommand, BundleEvent> = { decide, evolve, initialState: { status: 'unknown' } };
