/**
 * Most projections of a service stand at the same place of its log. These go on together: one reads the log for all, and
 * one transaction applies a page to all and moves all checkpoints, each under its lock. Whichever cannot follow (it fails,
 * was paused, belongs to another release) leaves the others and is looked after by itself, until it can again.
 */
import type { EventEnvelope } from '@citrus/contracts';
import type { Kysely } from 'kysely';
import type { WakeUp } from '../database/wake-up.ts';
import type { EventStore } from '../event-store.port.ts';
import { applyEvents } from './apply-page.ts';
import { isFold, ProjectionFailed, type AnyProjection } from './projection.ts';
import type { Rest } from './rest.ts';
import { lockStandings, moveStandings, readStandings, type Standings } from './standing.store.ts';

export type Follower<Database> = {
  readonly projection: AnyProjection<Database>;
  readonly position: () => number;
  readonly moved: (position: number) => void;
  /** Looks after the rows beside. */
  readonly tend: () => Promise<void>;
};
export type Together<Database> = {
  /** Until it cannot go on with the others, or everything stops. */
  follow(follower: Follower<Database>, signal: AbortSignal): Promise<void>;
  readonly done: Promise<void>;
};
type Parts<Database> = { readonly db: Kysely<Database>; readonly store: EventStore; readonly wakeUp: WakeUp; readonly rest: Rest; readonly signal: AbortSignal };

const PAGE = 500;
/** From the beginning of a page to that of the next, where nobody waits for it. */
const REST_MS = 50;

/** Others may write where these write too, and wait for our locks: so their turn is last, and the locks are short. */
const byHowLongTheyLock = <Database>(a: AnyProjection<Database>, b: AnyProjection<Database>): number => Number(isFold(b)) - Number(isFold(a));

/** Events that stand right behind `after`. A checkpoint in front of it has gone back, and gets none of them. */
const applyPage = <Database>(db: Kysely<Database>, projections: readonly AnyProjection<Database>[], { after, events }: { after: number; events: readonly EventEnvelope[] }): Promise<Standings> =>
  db.transaction().execute(async (trx) => {
    const standings = new Map(await lockStandings(trx, projections));
    const last = events.at(-1)?.position ?? after;
    const takers = projections.filter(({ name }) => {
      const position = standings.get(name)?.position;
      return position !== undefined && position >= after && position < last;
    });
    for (const projection of takers.toSorted(byHowLongTheyLock)) {
      const from = standings.get(projection.name)?.position ?? last;
      await applyEvents(trx, projection, events.filter(({ position }) => position > from));
    }
    await moveStandings(trx, takers, last);
    for (const { name } of takers) standings.set(name, { position: last, hasGenerations: standings.get(name)?.hasGenerations ?? false });
    return standings;
  });

export const startTogether = <Database>({ db, store, wakeUp, rest, signal }: Parts<Database>): Together<Database> => {
  const leave = new Map<Follower<Database>, () => void>();
  const bell = wakeUp.subscribe();

  /** False when there is nothing more. */
  const turn = async (followers: readonly Follower<Database>[]): Promise<boolean> => {
    const projections = followers.map(({ projection }) => projection);
    const after = Math.min(...followers.map(({ position }) => position()));
    const { events, head } = await store.read({ after, limit: PAGE });
    const standings = events.length > 0 ? await applyPage(db, projections, { after, events }) : await readStandings(db, projections);
    let isMore = false;
    for (const follower of followers) {
      const standing = standings.get(follower.projection.name);
      if (!standing) {
        leave.get(follower)?.();
        continue;
      }
      if (standing.position !== follower.position()) follower.moved(standing.position);
      isMore ||= standing.position < head;
      if (standing.hasGenerations) await follower.tend();
    }
    return isMore;
  };

  /** Each sees by itself what is the matter. */
  const leaveBecauseOf = (error: unknown, followers: readonly Follower<Database>[]): void => {
    const isGuilty = ({ projection }: Follower<Database>): boolean => !(error instanceof ProjectionFailed) || error.projection === projection.name;
    followers.filter(isGuilty).forEach((follower) => leave.get(follower)?.());
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const followers = [...leave.keys()];
      const startedAt = performance.now();
      let isMore = false;
      try {
        isMore = followers.length > 0 && (await turn(followers));
      } catch (error) {
        leaveBecauseOf(error, followers);
        isMore = true;
      }
      if (isMore) continue;
      await bell.next(signal);
      await rest.until(startedAt + REST_MS, signal);
    }
    bell.close();
  };

  return {
    done: run(),
    follow: (follower, stopping) =>
      new Promise((resolve) => {
        const end = () => {
          leave.delete(follower);
          stopping.removeEventListener('abort', end);
          resolve();
        };
        if (stopping.aborted) return resolve();
        stopping.addEventListener('abort', end);
        leave.set(follower, end);
        // What came between its last look and now, the others have taken without it.
        bell.ring();
      }),
  };
};
