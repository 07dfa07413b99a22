import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Job } from '../api/types.ts';
import { useResource, type Resource } from '../live/resource.ts';
import type { SseMessage } from '../live/sse-parser.ts';
import { openStream } from '../live/stream.ts';
import { JobReader } from './job-reader.ts';
import { NOTHING_TOLD, type JobProgress } from './job-stream.ts';
import type { LiveLog } from './use-log-lines.ts';

type LiveJob = { readonly job: Resource<Job>; readonly told: ReadonlySignal<JobProgress>; readonly log: LiveLog };

/** A job with its stream: the stream grows the log, and each new status makes the job be read again. */
export const useLiveJob = (jobId: string): LiveJob => {
  const job = useResource<Job>(`/api/jobs/${jobId}`, { touchedBy: ({ stream }) => stream === `job-${jobId}` });
  const told = useSignal(NOTHING_TOLD);
  const revision = useSignal(0);
  const reader = useMemo(() => new JobReader(), [jobId]);
  const log = useMemo((): LiveLog => ({ buffer: reader.buffer, revision, changedFrom: 0 }), [reader]);

  const receive = (message: SseMessage): void => {
    const { changedFrom, isNewStatus } = reader.receive(message);
    told.value = reader.progress;
    if (isNewStatus) void job.refresh();
    if (changedFrom === undefined) return;
    log.changedFrom = Math.min(log.changedFrom, changedFrom);
    revision.value += 1;
  };

  useEffect(() => {
    const stream = openStream({ path: `/api/jobs/${jobId}/stream`, onMessage: receive, isComplete: () => reader.isComplete });
    return () => stream.close();
  }, [jobId]);
  return { job, told, log };
};
