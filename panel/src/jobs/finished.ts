import type { JobStatus } from '../api/types.ts';

const FINISHED: readonly JobStatus[] = ['succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'lost'];
export const isFinished = (status: JobStatus): boolean => FINISHED.includes(status);
