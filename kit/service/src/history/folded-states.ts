/**
 * A read model as it was at any position, folded from the log in memory. What was folded never changes, so the last few
 * results are kept, and some on the way to them: the next position is folded from the nearest one before it, and a
 * reader who goes back and forth in time waits for a few thousand events instead of the whole log.
 */
import type { EventEnvelope } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { foldInto, type RowFold, type Rows } from '@citrus/kit-event-store';

/** Events in order; `through` is how far the log was read with them. */
export type Replay = (asked: { readonly after: number; readonly upTo: number; readonly types: readonly string[] }) => AsyncIterable<{ readonly events: readonly EventEnvelope[]; readonly through: number }>;

export type FoldedStates = {
  /** @throws Unavailable when too many wait already */
  at(position: number): Promise<Rows>;
};

type Kept = { readonly position: number; readonly rows: Rows };

/** Rows of all that is kept together; they are shared where they are the same, so this is far above what it costs. */
const MOST_ROWS = 200_000;
const KEPT_ON_THE_WAY = 16;
const FEWEST_EVENTS_APART = 2000;
/** Who asks behind so many others would have given up before an answer came, and the work would be done for nobody. */
const MOST_WAITING = 30;

export const createFoldedStates = (fold: RowFold, replay: Replay, mostRows = MOST_ROWS): FoldedStates => {
  /** The one that was used last stands last. */
  let kept: Kept[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const keep = (state: Kept): void => {
    kept = [...kept.filter(({ position }) => position !== state.position), state];
    let rows = kept.reduce((sum, one) => sum + one.rows.size, 0);
    while (kept.length > 1 && (rows > mostRows || kept.length > 3 * KEPT_ON_THE_WAY)) rows -= kept.shift()?.rows.size ?? 0;
  };

  const nearest = (position: number): Kept | undefined =>
    kept.filter((state) => state.position <= position).reduce<Kept | undefined>((best, state) => (best && best.position >= state.position ? best : state), undefined);

  const foldUpTo = async (position: number): Promise<Rows> => {
    const base = nearest(position);
    if (base) keep(base);
    if (base?.position === position) return base.rows;
    const after = base?.position ?? 0;
    const rows: Rows = new Map(base?.rows);
    const apart = Math.max(FEWEST_EVENTS_APART, Math.ceil((position - after) / KEPT_ON_THE_WAY));
    let last = after;
    for await (const { events, through } of replay({ after, upTo: position, types: fold.handles })) {
      for (const event of events) foldInto(fold, rows, event);
      if (through < last + apart || through >= position) continue;
      keep({ position: through, rows: new Map(rows) });
      last = through;
    }
    keep({ position, rows });
    return rows;
  };

  return {
    /** One at a time: folds are work for the processor, and the next one goes on from this one. */
    at: async (position) => {
      if (waiting >= MOST_WAITING) throw new Unavailable('Too many people look at the past at the moment. Try again soon.');
      waiting += 1;
      const folding = turn.then(() => foldUpTo(position)).finally(() => (waiting -= 1));
      turn = folding.catch(() => undefined);
      return folding;
    },
  };
};
