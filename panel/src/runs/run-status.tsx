import type { Run, RunOutcome } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import type { IconName } from '../ui/icon.tsx';

const t = strings.runs;

const LOOKS: Record<Run['status'], { tone: Tone; icon?: IconName }> = {
  running: { tone: 'busy' }, paused: { tone: 'warn', icon: 'clock' }, aborting: { tone: 'busy' }, succeeded: { tone: 'good' }, failed: { tone: 'bad' }, aborted: { tone: 'quiet', icon: 'stop' },
};
const OUTCOMES: Record<RunOutcome, { tone: Tone; icon?: IconName }> = {
  succeeded: { tone: 'good' }, failed: { tone: 'bad' }, unanswered: { tone: 'warn', icon: 'question' }, refused: { tone: 'warn' }, cancelled: { tone: 'quiet', icon: 'stop' },
  running: { tone: 'busy' }, waiting: { tone: 'quiet', icon: 'clock' }, 'not-started': { tone: 'quiet' },
};
/** What went wrong first. */
export const IN_ORDER: readonly RunOutcome[] = ['failed', 'unanswered', 'refused', 'running', 'waiting', 'not-started', 'cancelled', 'succeeded'];

export const isOver = (status: Run['status']): boolean => status === 'succeeded' || status === 'failed' || status === 'aborted';

export const RunStatusBadge = ({ status }: { status: Run['status'] }) => <Badge {...LOOKS[status]}>{t.status[status]}</Badge>;
export const OutcomeBadge = ({ outcome }: { outcome: RunOutcome }) => <Badge {...OUTCOMES[outcome]}>{t.outcome[outcome]}</Badge>;

export const scoreOf = ({ score }: Run): string => IN_ORDER.flatMap((outcome) => (score[outcome] > 0 ? [`${score[outcome]} ${t.outcome[outcome].toLowerCase()}`] : [])).join(', ');
