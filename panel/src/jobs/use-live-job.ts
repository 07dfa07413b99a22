import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Job, JobMessage } from '../api/types.ts';
import { useResource, type Resource } from '../live/resource.ts';
import { openStream } from '../live/stream.ts';
import { isFinished } from './job-status.tsx';
import { NOTHING_TOLD, tellProgress, type JobProgress } from './job-stream.ts';
import { LogBuffer } from './log-buffer.ts';
import type { LiveLog } from './log-view.tsx';

type LiveJob = { readonly job: Resource<Job>; readonly told: ReadonlySignal<JobProgress>; readonly log: LiveLog };

/** A job with its stream: the stream grows the log, and each new status makes the job be read again. */
export const useLiveJob = (jobId: string): LiveJob => {
  const job = useResource<Job>(`/api/jobs/${jobId}`, { touchedBy: ({ stream }) => stream === `job-${jobId}` });
  const told = useSignal(NOTHING_TOLD);
  const revision = useSignal(0);
  const log = useMemo((): LiveLog => ({ buffer: new LogBuffer(), revision, changedFrom: 0 }), [jobId]);

  const grow = (changedFrom: number): void => {
    log.changedFrom = Math.min(log.changedFrom, changedFrom);
    revision.value += 1;
  };

  const receive = (message: JobMessage): void => {
    const before = told.value;
    told.value = tellProgress(before, message);
    if (told.value.status !== before.status) void job.refresh();
    if (message.output) grow(log.buffer.append(message.output));
    const isStep = typeof message.progress === 'number' && told.value.message !== before.message;
    if (isStep && message.message) grow(log.buffer.note(message.message));
  };

  useEffect(() => {
    const stream = openStream({
      path: `/api/jobs/${jobId}/stream`,
      onMessage: ({ data }) => receive(JSON.parse(data) as JobMessage),
      isComplete: () => told.value.status !== undefined && isFinished(told.value.status),
    });
    return () => stream.close();
  }, [jobId]);
  return { job, told, log };
};
