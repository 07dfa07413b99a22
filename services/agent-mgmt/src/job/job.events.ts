/** The facts of a stream `job-<jobId>`; all of them are public and live in contracts. */
import type { JobAttemptFailed, JobCancelRequested, JobDispatched, JobFinished, JobOutcome, JobQueued, JobStarted, JobStatus } from '@citrus/contracts';
import type { z } from 'zod';

export type Outcome = z.infer<typeof JobOutcome>;
export type QueuedJob = z.infer<typeof JobQueued>;
export type FinalStatus = Extract<JobStatus, 'succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'expired' | 'lost'>;

export type JobEvent =
  | { type: 'JobQueued'; data: QueuedJob }
  | { type: 'JobDispatched'; data: z.infer<typeof JobDispatched> }
  | { type: 'JobStarted'; data: z.infer<typeof JobStarted> }
  | { type: 'JobAttemptFailed'; data: z.infer<typeof JobAttemptFailed> }
  | { type: 'JobCancelRequested'; data: z.infer<typeof JobCancelRequested> }
  | { type: 'JobFinished'; data: z.infer<typeof JobFinished> };

export const jobStream = (jobId: string): string => `job-${jobId}`;
