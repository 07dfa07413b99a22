/** The process manager's mind as far as actions go, pure: what is to be done next about the one that runs. */
import type { Policy } from '../server/next-step.ts';
import type { PendingAct, RunningAction } from './action.state.ts';
import { DEADLINES_MS } from './action.words.ts';

type Failure = { readonly code: string; readonly reason: string };

export type ActionStep =
  /** Nothing until then. */
  | { readonly do: 'rest'; readonly until: number }
  | { readonly do: 'act'; readonly running: RunningAction }
  /** Has the cloud begun what a call without an answer asked for? */
  | { readonly do: 'look-up-act'; readonly running: RunningAction; readonly pending: PendingAct }
  | { readonly do: 'watch-act'; readonly running: RunningAction; readonly started: NonNullable<RunningAction['started']> }
  /** The deadline is over. `lastLook`: perhaps nobody looked for long, because no process ran. */
  | { readonly do: 'end-act'; readonly running: RunningAction; readonly failure: Failure; readonly lastLook?: ActionStep };

const ms = (instant: string) => Date.parse(instant);
const inMinutes = (duration: number) => {
  const minutes = Math.max(1, Math.round(duration / 60_000));
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
};

export const deadlineOf = ({ action }: Pick<RunningAction, 'action'>, policy: Policy): number => Math.min(DEADLINES_MS[action.type], policy.longestActionMs ?? Number.POSITIVE_INFINITY);

/** From then on, what the cloud does not show it has not begun. */
export const actSettledAt = ({ intendedAt, unknownAt }: PendingAct, policy: Policy): number =>
  (unknownAt === undefined ? ms(intendedAt) + policy.createTimeoutMs : ms(unknownAt)) + policy.createTimeoutMs + policy.settleMs;

const tooSlow = (running: RunningAction, limit: number): Failure =>
  running.action.type === 'shutdown'
    ? { code: 'shutdown.ignored', reason: `The system of the server has not shut down within ${inMinutes(limit)}; perhaps it ignores the request. Power it off instead: what it has not saved is lost then.` }
    : { code: 'action.slow', reason: `The cloud has not finished it within ${inMinutes(limit)}. It may still do so; look at the server before you ask again.` };

const notBegun = ({ postponed }: RunningAction, limit: number): Failure =>
  ({ code: 'action.not_begun', reason: `The cloud has not begun it within ${inMinutes(limit)}${postponed ? `: ${postponed.reason}` : '.'} Try again later.` });

const SILENT: Failure = { code: 'cloud.silent', reason: 'The cloud did not answer, so it is not known whether it was done. Look at the server before you ask again.' };

export const nextActionStep = (running: RunningAction, now: number, policy: Policy): ActionStep => {
  const limit = deadlineOf(running, policy);
  const { started, pending, postponed } = running;
  if (started) {
    const watch: ActionStep = { do: 'watch-act', running, started };
    return now >= ms(started.at) + limit ? { do: 'end-act', running, failure: tooSlow(running, limit), lastLook: watch } : watch;
  }
  const isLate = now >= ms(running.requestedAt) + limit;
  if (pending) {
    const lookUp: ActionStep = { do: 'look-up-act', running, pending };
    // An open question is not given up while the cloud answers look-ups: it ends with the settle window.
    return isLate && now >= actSettledAt(pending, policy) + policy.settleMs ? { do: 'end-act', running, failure: SILENT, lastLook: lookUp } : lookUp;
  }
  if (isLate) return { do: 'end-act', running, failure: notBegun(running, limit) };
  return postponed && now < ms(postponed.retryAt) ? { do: 'rest', until: ms(postponed.retryAt) } : { do: 'act', running };
};

/** When the present step of an action began. */
export const actionStepSince = ({ pending, started, requestedAt }: RunningAction): number => ms(pending?.intendedAt ?? started?.at ?? requestedAt);
