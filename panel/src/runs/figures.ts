/** What a run's figures say: its boxes, its waves, and how long such runs took before. Pure. */
import { waveEndsOf } from '@citrus/contracts/inputs';
import type { Run, RunOutcome, RunServer } from '../api/types.ts';

export const BOXES = ['succeeded', 'failed', 'running', 'waiting', 'not-started', 'cancelled'] as const;
export type Box = (typeof BOXES)[number];

const BOX_OF: Readonly<Record<RunOutcome, Box>> = { succeeded: 'succeeded', failed: 'failed', unanswered: 'failed', refused: 'failed', running: 'running', waiting: 'waiting', 'not-started': 'not-started', cancelled: 'cancelled' };
const OUTCOMES = Object.keys(BOX_OF) as RunOutcome[];
export const outcomesOf = (box: Box): readonly RunOutcome[] => OUTCOMES.filter((outcome) => BOX_OF[outcome] === box);

/** Together they are all servers. Nobody sees an empty box of cancelled ones. */
export const boxesOf = ({ score }: Pick<Run, 'score'>): { readonly box: Box; readonly count: number }[] =>
  BOXES.map((box) => ({ box, count: outcomesOf(box).reduce((sum, outcome) => sum + score[outcome], 0) })).filter(({ box, count }) => box !== 'cancelled' || count > 0);

export type Wave = { readonly number: number; readonly size: number; readonly servers: readonly RunServer[] };

/** The servers in the order in which they begin, by wave; the last ones may not be loaded yet. */
export const wavesOf = ({ strategy, servers: total }: Pick<Run, 'strategy' | 'servers'>, servers: readonly RunServer[]): Wave[] => {
  const ends = waveEndsOf(strategy, total);
  return ends.map((end, index) => {
    const begin = ends[index - 1] ?? 0;
    return { number: index + 1, size: end - begin, servers: servers.slice(begin, end) };
  });
};

const tookMs = ({ createdAt, finishedAt }: Run): number => Date.parse(finishedAt ?? createdAt) - Date.parse(createdAt);
/** The last ones say more about the next than those of a year ago. */
const MOST_COMPARED = 20;

/** Of ended runs of the same action of the same installer. Those that somebody aborted say nothing. */
export const averageOf = (runs: readonly Run[], { id, installer, action }: Pick<Run, 'id' | 'installer' | 'action'>): { readonly ms: number; readonly runs: number } | undefined => {
  const alike = runs.filter((run) => run.id !== id && run.installer === installer && run.action === action && run.finishedAt !== null && run.status !== 'aborted').slice(0, MOST_COMPARED);
  return alike.length === 0 ? undefined : { ms: alike.reduce((sum, run) => sum + tookMs(run), 0) / alike.length, runs: alike.length };
};

/** What a retry would be about. */
export const retryOf = ({ score }: Pick<Run, 'score'>): { readonly failed: number; readonly notStarted: number } => ({
  failed: score.failed + score.unanswered + score.refused + score.cancelled, notStarted: score['not-started'] + score.waiting,
});
