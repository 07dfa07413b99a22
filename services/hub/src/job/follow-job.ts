/**
 * A job's life as a stream, without gap or duplicate: every step reads the stored log after the cursor, so what is
 * told live and what was told before can never overlap or leave a hole. A change message only says "read again".
 * While the log is not complete, a finished status is held back: readers stop at it and would miss the last lines.
 */
import { FINISHED_JOB_STATUSES, type Job, type JobStatus, type LogEntry } from '@citrus/contracts';
import { patiently } from '../live/patient.ts';
import type { SseMessage } from '../live/sse.ts';

export type JobReads = {
  readonly job: () => Promise<Job>;
  readonly log: (after: number, limit: number) => Promise<{ entries: LogEntry[]; complete: boolean }>;
};

type Following = {
  readonly reads: JobReads;
  readonly after: number;
  readonly signal: AbortSignal;
  /** Resolves at the next change, or when the time is over. */
  readonly changed: (timeoutMs: number) => Promise<unknown>;
};

const PAGE = 200;
/** In case a change message was lost. */
const READ_AGAIN_AFTER_MS = 5000;

const isFinished = (status: JobStatus) => FINISHED_JOB_STATUSES.includes(status);

const messageOf = (entry: LogEntry, status: JobStatus): SseMessage => ({
  id: String(entry.cursor),
  data: { status, ...(entry.progress && { progress: entry.progress.percent, message: entry.progress.text }), ...(entry.text && { output: entry.text, at: entry.at }) },
});

const statusMessage = (job: Job, status: JobStatus, id?: number): SseMessage => ({
  ...(id !== undefined && { id: String(id) }),
  data: { status, ...(job.reason && { message: job.reason }), ...(isFinished(status) && { exitCode: job.exitCode, attempt: job.attempt }) },
});

export async function* followJob({ reads, after: from, signal, changed }: Following): AsyncGenerator<SseMessage> {
  let cursor = from;
  let shown: JobStatus = 'queued';
  let told: JobStatus | undefined;
  while (!signal.aborted) {
    const job = await patiently(reads.job, signal);
    if (!isFinished(job.status)) shown = job.status;
    else if (shown === 'queued') shown = 'running';
    if (shown !== told && !isFinished(job.status)) yield statusMessage(job, (told = shown));
    // Pages are cut by size, so only an empty one is the end.
    let page = await patiently(() => reads.log(cursor, PAGE), signal);
    for (let last = page.entries.at(-1); last && !signal.aborted; last = page.entries.at(-1)) {
      const { cursor: after } = last;
      // While this one is told.
      const next = patiently(() => reads.log(after, PAGE), signal);
      next.catch(() => undefined); // met below, unless the reader is gone
      for (const entry of page.entries) {
        yield messageOf(entry, shown);
        cursor = entry.cursor;
      }
      page = await next;
    }
    if (isFinished(job.status) && page.complete) {
      // Nothing follows in the log, so the next number is free to mean "the end was told".
      yield statusMessage(job, job.status, cursor + 1);
      return;
    }
    await changed(page.complete ? 100 : READ_AGAIN_AFTER_MS);
  }
}

/** Whether a reader who comes back with this cursor was told the end already. */
export const hasSeenTheEnd = async (job: Job, after: number, reads: JobReads): Promise<boolean> => {
  if (!isFinished(job.status) || after === 0) return false;
  const { entries, complete } = await reads.log(after - 1, 1);
  return complete && entries.length === 0;
};
