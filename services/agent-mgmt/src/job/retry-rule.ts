/**
 * What becomes of an attempt that ended (R33), and what people are told about it. Pure, and the only place that knows
 * which failures are tried again: an installation that failed (exit 2) is, and an attempt that got lost is if the
 * manifest calls it idempotent; nothing else ever runs twice.
 */
import { EXIT_CODES } from '@citrus/contracts';
import type { FinalStatus, Outcome } from './job.events.ts';

/** After the first run: three more tries, each twice as late. */
export const RETRY_AFTER_MS = [10_000, 20_000, 40_000] as const;

export type EndedAttempt = { readonly outcome: Outcome; readonly exitCode: number | null; readonly reason?: string | undefined; readonly attempt: number; readonly idempotent: boolean };
export type Verdict =
  | { readonly next: 'retry'; readonly afterMs: number; readonly reason: string }
  | { readonly next: 'finish'; readonly status: FinalStatus; readonly reason: string };

const retryOr = ({ attempt }: EndedAttempt, reason: string, status: FinalStatus): Verdict => {
  const afterMs = RETRY_AFTER_MS[attempt - 1];
  if (afterMs === undefined) return { next: 'finish', status, reason: `${reason} It was tried ${attempt} times.` };
  return { next: 'retry', afterMs, reason: `${reason} Trying again in ${afterMs / 1000} s (try ${attempt + 1} of ${RETRY_AFTER_MS.length + 1}).` };
};

const failed = (ended: EndedAttempt): Verdict => {
  const finish = (reason: string, status: FinalStatus = 'failed'): Verdict => ({ next: 'finish', status, reason });
  switch (ended.exitCode) {
    case EXIT_CODES.validation: return finish('The installer refused its inputs (exit 1). Read the log, correct the inputs and create a new job.');
    case EXIT_CODES.installation: return retryOr(ended, 'The installation failed (exit 2).', 'failed');
    case EXIT_CODES.configuration: return finish('The configuration failed half-way (exit 3). A person has to look at the server before it is tried again.');
    case EXIT_CODES.timeout: return finish('The installer ran out of time (exit 124) and was stopped.', 'timed_out');
    case null: return finish(ended.reason ?? 'The installer was ended by a signal.');
    default: return finish(ended.reason ?? `The installer failed with exit code ${ended.exitCode}, which it does not define.`);
  }
};

export const verdictOn = (ended: EndedAttempt): Verdict => {
  switch (ended.outcome) {
    case 'succeeded': return { next: 'finish', status: 'succeeded', reason: '' };
    case 'failed': return failed(ended);
    case 'timed_out': return { next: 'finish', status: 'timed_out', reason: ended.reason ?? 'The installer ran out of time and was stopped.' };
    case 'cancelled': return { next: 'finish', status: 'cancelled', reason: ended.reason ?? 'Cancelled; nothing of it runs any more.' };
    case 'refused': return { next: 'finish', status: 'failed', reason: `The agent refused the job: ${ended.reason ?? 'it gave no reason'}` };
    case 'lost': {
      const reason = ended.reason ?? 'The agent went silent during the job, so nobody knows how it ended.';
      return ended.idempotent ? retryOr(ended, reason, 'lost') : { next: 'finish', status: 'lost', reason: `${reason} Look at the server, then create a new job.` };
    }
  }
};

/** Once somebody asked for a cancel, nothing is tried again; a run that ended by itself first keeps its own result. */
export const verdictOnCancelling = (ended: EndedAttempt): Verdict => {
  const verdict = verdictOn(ended);
  if (ended.outcome === 'refused') return { next: 'finish', status: 'cancelled', reason: 'Cancelled before it ran.' };
  return verdict.next === 'finish' ? verdict : { next: 'finish', status: ended.outcome === 'lost' ? 'lost' : 'failed', reason: 'It failed while it was being cancelled; it is not tried again.' };
};
