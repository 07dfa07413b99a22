/**
 * The process manager's hands as far as actions go. The intent is in the log before the call; a call without an answer is
 * looked for among the cloud's operations before anything is repeated, so no retry makes a second snapshot or a second
 * rebuild. Whether an action is over is believed when the cloud shows what it was asked for, not when it says so.
 */
import type { ServerAction, ServerId } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { isOperationOf, nameOfAttempt, type CloudProvider, type Instance, type MachineAction, type OperationState, type Snapshot } from '../provider/provider.port.ts';
import type { Policy } from '../server/next-step.ts';
import type { ServerCommand } from '../server/server.commands.ts';
import { dropletOf, type ExistingServer } from '../server/server.state.ts';
import { tagsAfter, tagsToRemove, type TagAction } from '../server/tags.ts';
import type { Outcome } from './action.commands.ts';
import { specNow, type RunningAction } from './action.state.ts';
import { actSettledAt, deadlineOf, type ActionStep } from './next-action-step.ts';

export type ActionHands = {
  /** @throws Unavailable when its credential cannot be used at the moment */
  readonly cloud: () => Promise<CloudProvider>;
  readonly execute: (command: ServerCommand) => Promise<readonly unknown[]>;
  readonly policy: Policy;
  readonly now: () => number;
  readonly random: () => number;
};
type Job = { readonly hands: ActionHands; readonly server: ExistingServer; readonly ref: string; readonly running: RunningAction };

/** The cloud's clock may be off, and may know whole seconds only. */
const CLOCK_LEEWAY_MS = 15 * 60_000;

const isoOf = (ms: number) => new Date(ms).toISOString();
const at = ({ hands }: Job) => isoOf(hands.now());
const about = ({ server, running }: Job): { serverId: ServerId; actionId: RunningAction['actionId']; tries: number } => ({ serverId: server.serverId, actionId: running.actionId, tries: running.tries });

const succeed = async (job: Job, outcome: Outcome): Promise<void> => {
  await job.hands.execute({ type: 'SucceedAction', at: at(job), data: { ...about(job), outcome } });
};
const fail = async (job: Job, code: string, reason: string): Promise<void> => {
  await job.hands.execute({ type: 'FailAction', at: at(job), data: { ...about(job), code, reason } });
};

const cloudNameOf = (server: ExistingServer, name: string): string => nameOfAttempt(name, server.serverId, server.attempt);

/** What clouds have calls of their own for: it is over with the answer, and harmless when repeated. */
type PlainCall = Extract<ServerAction, { type: 'remove-snapshot' | 'tag' }>;

/** As the cloud is asked for it. */
const machineActionOf = (server: ExistingServer, action: Exclude<ServerAction, PlainCall>): MachineAction =>
  action.type === 'rename' ? { type: 'rename', name: cloudNameOf(server, action.name) } : action;

const snapshotMark = ({ ref }: Snapshot): string => `snapshot ${ref}`;

/** What the cloud shows of this kind that is not known to be somebody else's, oldest first. */
const operationsOf = async ({ hands, ref, running }: Job): Promise<{ all: string[]; ours: string[] }> => {
  const shown = await (await hands.cloud()).operations(ref, isoOf(Date.parse(running.requestedAt) - CLOCK_LEEWAY_MS));
  const ours = shown.filter((operation) => isOperationOf(running.action, operation) && !running.known.includes(operation.opRef));
  return { all: shown.map(({ opRef }) => opRef), ours: ours.map(({ opRef }) => opRef) };
};

const recordStarted = async (job: Job, tryNumber: number, opRef?: string): Promise<void> => {
  const { hands, running } = job;
  const { serverId, actionId } = about(job);
  const reenrolEndsAt = isoOf(hands.now() + deadlineOf(running, hands.policy) + hands.policy.deadlinesMs.initializing);
  await hands.execute({ type: 'RecordActStarted', at: at(job), data: { serverId, actionId, tryNumber, reenrolEndsAt, ...(opRef !== undefined && { opRef }) } });
};

type Verdict = { readonly done: Outcome } | { readonly refused: readonly [code: string, reason: string] } | 'go';

const needsOn = ({ phase }: Instance): Verdict => (phase === 'stopped' ? { refused: ['server.is_off', 'The server is switched off. Switch it on instead.'] } : 'go');

/** What the machine shows may make the call needless, or senseless. @throws Unavailable while the cloud does not show it */
const judgeBefore = async ({ hands, server, ref, running }: Job): Promise<Verdict> => {
  const { action } = running;
  const instance = await (await hands.cloud()).get(ref);
  if (instance === 'absent') throw new Unavailable('The cloud does not show the droplet at the moment.');
  switch (action.type) {
    case 'power-on': return instance.phase === 'running' ? { done: { power: 'on', note: 'It was on already.' } } : 'go';
    case 'power-off': case 'shutdown': return instance.phase === 'stopped' ? { done: { power: 'off', note: 'It was off already.' } } : 'go';
    case 'reboot': case 'power-cycle': return needsOn(instance);
    case 'resize':
      if (instance.size === action.size) return { done: { size: action.size, note: 'It had this size already.' } };
      return instance.phase === 'running' ? { refused: ['server.is_on', 'A server must be off to be resized. Shut it down first.'] } : 'go';
    case 'rename': return instance.name === cloudNameOf(server, action.name) ? { done: {} } : 'go';
    case 'restore': {
      const snapshots = await (await hands.cloud()).snapshots(ref);
      // Of this machine only: an id of the same account may be of another project.
      return snapshots.some((snapshot) => snapshot.ref === action.snapshotRef) ? 'go' : { refused: ['snapshot.unknown', `This server has no snapshot or backup ${action.snapshotRef}.`] };
    }
    case 'enable-backups': case 'disable-backups': case 'rebuild': case 'snapshot': case 'remove-snapshot': case 'tag': return 'go';
  }
};

/** @returns whether this process, and no other, is to call the cloud now */
const intend = async (job: Job, known: string[]): Promise<boolean> => {
  const { hands, running } = job;
  const { serverId, actionId } = about(job);
  const intendedAt = hands.now();
  const intended = await hands.execute({ type: 'IntendAction', at: isoOf(intendedAt), data: { serverId, actionId, tryNumber: running.tries + 1, known } });
  // A process that slept here for long must not send what others count as lost.
  return intended.length > 0 && hands.now() - intendedAt <= hands.policy.createTimeoutMs;
};

const send = async (job: Job, action: Exclude<ServerAction, PlainCall>): Promise<void> => {
  const { hands, server, ref, running } = job;
  const { serverId, actionId } = about(job);
  const tryNumber = running.tries + 1;
  const outcome = await (await hands.cloud()).act(ref, machineActionOf(server, action));
  const data = { serverId, actionId, tryNumber };
  switch (outcome.type) {
    case 'started': return recordStarted(job, tryNumber, outcome.opRef);
    case 'busy': {
      const retryAt = isoOf(hands.now() + outcome.retryAfterMs * Math.min(tryNumber, 6) * (0.8 + 0.4 * hands.random()));
      await hands.execute({ type: 'RecordActPostponed', at: at(job), data: { ...data, reason: outcome.reason, retryAt } });
      return;
    }
    case 'rejected':
      await hands.execute({ type: 'RecordActRejected', at: at(job), data: { ...data, code: outcome.code, reason: outcome.reason } });
      return;
    case 'absent':
      await hands.execute({ type: 'RecordActPostponed', at: at(job), data: { ...data, reason: 'The cloud does not show the droplet at the moment.', retryAt: isoOf(hands.now() + hands.policy.pollMs.longest) } });
      return;
    case 'unknown':
      await hands.execute({ type: 'RecordActUnknown', at: at(job), data: { ...data, reason: outcome.reason } });
  }
};

/** Removing twice is harmless, so it needs no look-up; only whose snapshot it is must be known before the first time. */
const removeSnapshot = async (job: Job, snapshotRef: string): Promise<void> => {
  const { hands, ref, running } = job;
  if (running.tries === 0) {
    const snapshot = (await (await hands.cloud()).snapshots(ref)).find((one) => one.ref === snapshotRef);
    if (!snapshot) return fail(job, 'snapshot.unknown', `This server has no snapshot ${snapshotRef}.`);
    if (snapshot.kind === 'backup') return fail(job, 'snapshot.is_backup', 'Backups are made and removed by the cloud.');
    if (!(await intend(job, []))) return;
    await (await hands.cloud()).removeSnapshot(snapshotRef);
    return succeed({ ...job, running: { ...running, tries: 1 } }, { snapshotRef });
  }
  await (await hands.cloud()).removeSnapshot(snapshotRef);
  return succeed(job, { snapshotRef });
};

/** First what is added: a call that dies between the two leaves a tag too many, never one too few. */
const changeTags = async (job: Job, action: TagAction): Promise<void> => {
  const { hands, server, ref, running } = job;
  if (running.tries === 0 && !(await intend(job, []))) return;
  const begun = { ...job, running: { ...running, tries: Math.max(1, running.tries) } };
  const before = specNow(server).tags;
  const [tags, gone] = [tagsAfter(before, action), tagsToRemove(before, action)];
  const cloud = await hands.cloud();
  const added = await cloud.addTags(ref, action.add, tags);
  const outcome = added === 'added' ? await cloud.removeTags(ref, gone) : added;
  if (outcome === 'absent') throw new Unavailable('The cloud does not show the droplet at the moment.');
  return outcome === 'removed' ? succeed(begun, { tags }) : fail(begun, 'tag.refused', outcome.refused);
};

const callPlainly = (job: Job, action: PlainCall): Promise<void> => (action.type === 'tag' ? changeTags(job, action) : removeSnapshot(job, action.snapshotRef));

const isPlainCall = (action: ServerAction): action is PlainCall => action.type === 'tag' || action.type === 'remove-snapshot';

const act = async (job: Job): Promise<void> => {
  const { hands, ref, running } = job;
  const { action } = running;
  if (isPlainCall(action)) return callPlainly(job, action);
  if (!(await hands.cloud()).capabilities.actions.has(action.type)) return fail(job, 'action.unsupported', 'The cloud of this server cannot do this.');
  const { all, ours } = await operationsOf(job);
  const [first] = ours;
  if (running.isDoubtful && first !== undefined) return recordStarted(job, running.tries, first);
  const verdict = await judgeBefore(job);
  if (verdict !== 'go') return 'done' in verdict ? succeed(job, verdict.done) : fail(job, ...verdict.refused);
  const marks = action.type === 'snapshot' ? (await (await hands.cloud()).snapshots(ref)).map(snapshotMark) : [];
  if (await intend(job, running.isDoubtful ? [...running.known] : [...all, ...marks])) await send(job, action);
};

const lookUp = async (job: Job, step: Extract<ActionStep, { do: 'look-up-act' }>): Promise<void> => {
  const { hands, running } = job;
  const { serverId, actionId } = about(job);
  if (isPlainCall(running.action)) return callPlainly(job, running.action);
  const startedAt = hands.now();
  const [first] = (await operationsOf(job)).ours;
  if (first !== undefined) return recordStarted(job, step.pending.tryNumber, first);
  if (startedAt >= actSettledAt(step.pending, hands.policy)) await hands.execute({ type: 'RecordActLost', at: at(job), data: { serverId, actionId, tryNumber: step.pending.tryNumber } });
};

/** Undefined: the cloud does not show it yet. */
const shownOutcome = async ({ hands, server, ref, running }: Job): Promise<Outcome | undefined> => {
  const { action } = running;
  const instance = await (await hands.cloud()).get(ref);
  if (instance === 'absent') return undefined;
  switch (action.type) {
    case 'power-on': case 'reboot': case 'power-cycle': return instance.phase === 'running' ? { power: 'on' } : undefined;
    case 'power-off': case 'shutdown': return instance.phase === 'stopped' ? { power: 'off' } : undefined;
    case 'resize': return instance.size === action.size ? { size: action.size } : undefined;
    case 'rename': return instance.name === cloudNameOf(server, action.name) ? {} : undefined;
    case 'rebuild': return instance.phase === 'running' ? { power: 'on', image: action.image } : undefined;
    case 'restore': return instance.phase === 'running' ? { power: 'on' } : undefined;
    case 'enable-backups': return { backups: true };
    case 'disable-backups': return { backups: false };
    case 'snapshot': {
      const made = (await (await hands.cloud()).snapshots(ref)).findLast((one) => one.name === action.name && !running.known.includes(snapshotMark(one)));
      return made && { snapshotRef: made.ref };
    }
    case 'remove-snapshot': case 'tag': return undefined; // Over with the answer: nothing to watch.
  }
};

/** The machine looks the same before, while and after. */
const SHOWS_NOTHING = new Set<ServerAction['type']>(['reboot', 'power-cycle', 'rebuild', 'restore', 'enable-backups', 'disable-backups']);

/** A cloud that named no operation may list one; where it does not and the machine shows nothing, time must do. */
const stateOf = async (job: Job, { opRef, at: startedAt }: NonNullable<RunningAction['started']>): Promise<OperationState['type']> => {
  const { hands, running } = job;
  const known = opRef ?? (await operationsOf(job)).ours[0];
  if (known !== undefined) return (await (await hands.cloud()).operation(known)).type;
  return SHOWS_NOTHING.has(running.action.type) && hands.now() < Date.parse(startedAt) + hands.policy.settleMs ? 'running' : 'done';
};

const watch = async (job: Job, started: NonNullable<RunningAction['started']>): Promise<void> => {
  const state = await stateOf(job, started);
  if (state === 'failed') return fail(job, 'action.errored', 'The cloud has begun it and says that it went wrong. Look at the server before you ask again.');
  if (state === 'running') return undefined;
  const outcome = await shownOutcome(job);
  return outcome && succeed(job, outcome);
};

/** What a last look finds moves the action on, and then there is nothing to fail any more: the decider sees to it. */
const end = async (job: Job, { failure, lastLook }: Extract<ActionStep, { do: 'end-act' }>): Promise<void> => {
  try {
    if (lastLook) await carryOut(job, lastLook);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
  await fail(job, failure.code, failure.reason);
};

const carryOut = async (job: Job, step: ActionStep): Promise<void> => {
  switch (step.do) {
    case 'rest': return undefined;
    case 'act': return act(job);
    case 'look-up-act': return lookUp(job, step);
    case 'watch-act': return watch(job, step.started);
    case 'end-act': return end(job, step);
  }
};

export const carryOutAction = async (hands: ActionHands, server: ExistingServer, step: Exclude<ActionStep, { do: 'rest' }>): Promise<void> => {
  const ref = dropletOf(server)?.ref;
  if (ref !== undefined) await carryOut({ hands, server, ref, running: step.running }, step);
};
