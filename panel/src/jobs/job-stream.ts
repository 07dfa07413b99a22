/** What a job's live stream has told so far. */
import type { JobMessage, JobStatus } from '../api/types.ts';

export type JobProgress = { readonly status: JobStatus | undefined; readonly percent: number | undefined; readonly message: string | undefined };

export const NOTHING_TOLD: JobProgress = { status: undefined, percent: undefined, message: undefined };

/** A new attempt begins at nothing; anything else keeps what was told last. */
export const tellProgress = (told: JobProgress, { status, progress, message }: JobMessage): JobProgress => {
  const beginsAnew = status === 'dispatched' && told.status !== 'dispatched';
  const before = beginsAnew ? NOTHING_TOLD : told;
  return {
    status: status ?? before.status,
    percent: typeof progress === 'number' ? Math.min(100, Math.max(0, progress)) : before.percent,
    message: typeof message === 'string' && message !== '' ? message : before.message,
  };
};
