/**
 * What follows when a step of a change has ended: the table of changing safely. Nothing is changed before its backup was
 * read again; what was changed and fails is brought back; and where nobody can tell, it is left alone and a person told.
 */
import type { AppIs, BackupMade, ChangeStep, JobStatus } from '@citrus/contracts';
import type { RequestedChange } from './app.events.ts';

/** How the job of a step ended. `mayHaveRun`: it has at least been with the agent. */
export type StepEnd = { readonly status: Extract<JobStatus, 'succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'expired' | 'lost'>; readonly mayHaveRun: boolean; readonly reason: string; readonly backup?: BackupMade | undefined };
export type OpenChange = { readonly change: RequestedChange; readonly step: ChangeStep; /** When the step began. */ readonly since: string; readonly backup?: BackupMade | undefined; readonly cause?: string | undefined };

export type NextStep = { readonly next: ChangeStep; readonly backup?: BackupMade; readonly cause?: string };
export type Ending = { readonly status: 'changed' | 'rolled-back' | 'failed'; readonly appIs: AppIs; readonly isHealthy: boolean | null; readonly reason: string; readonly advice: string };

const AGAIN = 'Look at the log of the job, mend what it names, then try again.';
const failed = (appIs: AppIs, reason: string, advice: string, isHealthy: boolean | null = null): Ending => ({ status: 'failed', appIs, isHealthy, reason, advice });
const unchanged = (what: string, { reason }: StepEnd, advice: string): Ending => failed('unchanged', `${what}, so nothing was changed: ${reason || 'no reason was given'}`, advice);

const afterBackup = (end: StepEnd): NextStep | Ending => {
  if (end.status !== 'succeeded') return unchanged('No backup could be made', end, `${AGAIN} When no backup can be made at all, the change can be asked for without one.`);
  if (end.backup) return { next: 'verify', backup: end.backup };
  return unchanged('The agent told of no backup', { ...end, reason: 'it is too old for that' }, 'Upgrade the agent of this server, then try again.');
};

const afterVerify = (end: StepEnd): NextStep | Ending =>
  end.status === 'succeeded' ? { next: 'change' } : unchanged('The backup could not be proven to be good', end, AGAIN);

/** Back to the backup, or, without one, to a person. */
const back = ({ change: { withBackup } }: OpenChange, cause: string, otherwise: Ending): NextStep | Ending => (withBackup ? { next: 'restore', cause } : otherwise);

const isGone = ({ change }: OpenChange): boolean => change.action === 'uninstall';

const afterChange = (open: OpenChange, end: StepEnd): NextStep | Ending => {
  const { change } = open;
  if (end.status === 'succeeded') {
    if (!isGone(open) && change.withHealth) return { next: 'check' };
    return { status: 'changed', appIs: isGone(open) ? 'removed' : 'changed', isHealthy: null, reason: '', advice: '' };
  }
  if (!end.mayHaveRun) return unchanged('It could not begin', end, 'Try again when the server can be reached.');
  const cause = `The ${change.action} ended ${end.status.replace('_', ' ')}: ${end.reason || 'no reason was given'}`;
  return back(open, cause, failed('unknown', cause, 'There is no backup to go back to. Look at the log of the job, then try again or install the app anew.'));
};

/** Only an answer counts: an app is not brought back because its server could not be asked. */
const afterCheck = (open: OpenChange, end: StepEnd): NextStep | Ending => {
  if (end.status === 'succeeded') return { status: 'changed', appIs: 'changed', isHealthy: true, reason: '', advice: '' };
  if (end.status !== 'failed' && end.status !== 'timed_out') return failed('changed', `It was changed, but nobody knows whether it is healthy: its health check ended ${end.status}.`, 'Check its health. A backup from before the change is kept on the server.');
  if (!end.mayHaveRun) return failed('changed', `It was changed, but its health could not be checked: ${end.reason}`, 'Check its health. A backup from before the change is kept on the server.');
  const cause = `It is not healthy after the ${open.change.action}: ${end.reason || 'its health check failed'}`;
  return back(open, cause, failed('changed', cause, 'There is no backup to go back to. Look at the log of the health check.', false));
};

const afterRestore = (open: OpenChange, end: StepEnd): NextStep | Ending => {
  const cause = open.cause ?? '';
  if (end.status !== 'succeeded') return failed('unknown', `${cause} Bringing back the backup failed, too: ${end.reason || end.status}`, `The backup ${open.backup?.id ?? ''} is still on the server: look at the log of the restore, then restore it by hand.`);
  if (open.change.withHealth) return { next: 'recheck' };
  return { status: 'rolled-back', appIs: 'restored', isHealthy: null, reason: cause, advice: 'It is as it was before. Look at the log of what failed before you try again.' };
};

const afterRecheck = (open: OpenChange, end: StepEnd): Ending => {
  const cause = open.cause ?? '';
  if (end.status === 'succeeded') return { status: 'rolled-back', appIs: 'restored', isHealthy: true, reason: cause, advice: 'It is as it was before. Look at the log of what failed before you try again.' };
  const isAnswer = end.mayHaveRun && (end.status === 'failed' || end.status === 'timed_out');
  return failed('restored', `${cause} The backup was brought back, but ${isAnswer ? 'it is not healthy' : 'its health could not be checked'}: ${end.reason || end.status}`, 'Look at the log of the health check. It may have been unhealthy before the change.', isAnswer ? false : null);
};

export const afterStep = (open: OpenChange, end: StepEnd): NextStep | Ending => {
  switch (open.step) {
    case 'back-up': return afterBackup(end);
    case 'verify': return afterVerify(end);
    case 'change': return afterChange(open, end);
    case 'check': return afterCheck(open, end);
    case 'restore': return afterRestore(open, end);
    case 'recheck': return afterRecheck(open, end);
  }
};
