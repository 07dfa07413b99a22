import { useComputed } from '@preact/signals';
import type { Job } from '../api/types.ts';
import { now } from '../live/now.ts';
import { strings } from '../strings.ts';
import { formatDuration } from '../ui/time.ts';

/** How long a job has run against how long its like usually take; a bar that is full says that it takes longer. */
export const Usual = ({ job }: { job: Pick<Job, 'startedAt' | 'finishedAt' | 'usual'> }) => {
  const { startedAt, finishedAt, usual } = job;
  const part = useComputed(() => (startedAt && usual ? Math.max(0, now.value - Date.parse(startedAt)) / Math.max(1000, usual.seconds * 1000) : 0));
  if (!startedAt || finishedAt || !usual) return null;
  const said = strings.jobs.usually(formatDuration(usual.seconds * 1000), usual.of);
  return <meter class={part.value > 1 ? 'usual late' : 'usual'} min={0} max={1} value={Math.min(1, part.value)} aria-label={said} title={said}>{said}</meter>;
};
