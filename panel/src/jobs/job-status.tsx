import type { JobStatus } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import type { IconName } from '../ui/icon.tsx';

const LOOKS: Record<JobStatus, { tone: Tone; icon?: IconName }> = {
  queued: { tone: 'quiet', icon: 'clock' }, dispatched: { tone: 'busy' }, running: { tone: 'busy' }, cancelling: { tone: 'busy' },
  succeeded: { tone: 'good' }, failed: { tone: 'bad' }, timed_out: { tone: 'bad', icon: 'clock' }, cancelled: { tone: 'quiet', icon: 'stop' },
  expired: { tone: 'warn', icon: 'clock' }, lost: { tone: 'warn', icon: 'question' },
};

export const JobStatusBadge = ({ status }: { status: JobStatus }) => <Badge {...LOOKS[status]}>{strings.jobs.status[status]}</Badge>;
