/**
 * The fastest way through a log: PostgreSQL's binary COPY, a page of positions after the other, the next one already on
 * its way when half of this one is read. Every page is a short statement of its own, so a replay of hours holds back no
 * vacuum and goes on at any position. A slow reader slows the database down; one that stops, by leaving the loop or by
 * its signal, cuts the connection, which is the only way to end a COPY at once.
 */
import { Unavailable } from '@citrus/kit-domain';
import { escapeLiteral, type Pool } from 'pg';
import { isConnectionLoss } from '../errors.ts';
import { readHead } from '../read/read.store.ts';
import { openPage, type CopiedPage } from './copied-page.ts';
import type { ReplayedEvent } from './replayed-event.ts';

export type ReplayOptions = {
  /** Positions greater than this one; the start of the log if left out. */
  readonly after?: number | undefined;
  /** The last position; the head of the log, as it is when the replay starts, if left out. */
  readonly upTo?: number | undefined;
  readonly types?: readonly string[] | undefined;
  readonly streams?: readonly string[] | undefined;
  /** The kind of aggregate: `server` for all streams named `server-…`. */
  readonly category?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** False: without each event's `hash` and `about`, which only a proof of the log needs. */
  readonly proof?: boolean | undefined;
  /** Positions in a page, at most. */
  readonly pageSize?: number | undefined;
};

/** Events in order, and how far the log has been read with them, also past events that were not asked for. */
export type ReplayedStretch = { readonly events: readonly ReplayedEvent[]; readonly through: number };

const PAGE_POSITIONS = 50_000;
/** Where events are large, pages have fewer of them, so that a page stays a matter of moments. */
const PAGE_BYTES = 32 * 1024 * 1024;
const FEWEST_POSITIONS = 100;

const listOf = (texts: readonly string[]): string => `array[${texts.map(escapeLiteral).join(', ')}]::text[]`;

/** COPY takes no parameters, so the texts stand in the statement, quoted by the driver. */
const conditionsOf = ({ types, streams, category }: ReplayOptions): string[] => [
  ...(types ? [`type = any (${listOf(types)})`] : []),
  ...(streams ? [`stream_id = any (${listOf(streams)})`] : []),
  ...(category === undefined ? [] : [`split_part(stream_id, '-', 1) = ${escapeLiteral(category)}`]),
];

const checked = (position: number): number => {
  if (!Number.isSafeInteger(position)) throw new RangeError(`${position} is not a position`);
  return position;
};

const createPager = (pool: Pool, options: ReplayOptions, upTo: number) => {
  const conditions = conditionsOf(options);
  const most = options.pageSize ?? PAGE_POSITIONS;
  let [positions, bytes] = [0, 0];
  return {
    open: (after: number): CopiedPage | undefined => {
      if (after >= upTo) return undefined;
      const fitting = positions === 0 ? most : Math.max(FEWEST_POSITIONS, Math.floor((PAGE_BYTES * positions) / Math.max(bytes, 1)));
      return openPage(pool, { after, upTo: Math.min(upTo, after + Math.min(most, fitting)), conditions, proof: options.proof ?? true });
    },
    learn: (page: CopiedPage) => {
      positions += page.upTo - page.after;
      bytes += page.bytes();
    },
  };
};

/** @throws Unavailable when the database cannot be reached; the signal's reason when it was aborted */
export const replayLog = async function* (pool: Pool, options: ReplayOptions = {}): AsyncGenerator<ReplayedStretch, void, undefined> {
  const { after = 0, signal } = options;
  let page: CopiedPage | undefined;
  let next: CopiedPage | undefined;
  const cut = () => [page, next].forEach((open) => void open?.close());
  signal?.addEventListener('abort', cut);
  try {
    signal?.throwIfAborted();
    const pager = createPager(pool, options, checked(options.upTo ?? (await readHead(pool))));
    for (page = pager.open(checked(after)); page; page = next, next = undefined) {
      const { upTo } = page;
      const halfWay = (page.after + upTo) / 2;
      for await (const events of page.read()) {
        const through = events.at(-1)?.position ?? 0;
        if (!next && through >= halfWay) next = pager.open(upTo);
        yield { events, through: Math.min(through, upTo) };
        signal?.throwIfAborted();
      }
      pager.learn(page);
      next ??= pager.open(upTo);
      yield { events: [], through: upTo };
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (isConnectionLoss(cause)) throw new Unavailable('The log cannot be read at the moment: its database cannot be reached.', { cause });
    throw cause;
  } finally {
    signal?.removeEventListener('abort', cut);
    await Promise.all([page?.close(), next?.close()]);
  }
};
