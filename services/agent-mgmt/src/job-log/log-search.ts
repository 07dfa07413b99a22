/**
 * Looks for a text or a pattern in a job's log, line by line as a reader sees it. It is bounded by time, by the size of
 * an answer and by how many are at it; what was not reached is reached by asking again with the cursor.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { visibleText, type LogEntry, type LogHit, type LogHits, type LogSearch } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { createLineReader, parsePlace, printPlace, type Line, type Place } from './line-reader.ts';
import { matcherOf, type Span } from './matcher.ts';

export type ReadPage = (after: number) => Promise<{ readonly entries: readonly Pick<LogEntry, 'cursor' | 'at' | 'text'>[]; readonly complete: boolean }>;

/** What of a hit's line is answered. */
const EXCERPT = 240;
const BEFORE_HIT = 60;
/** One answer travels in one NATS message of at most 1 MiB. */
const MOST_REPLY_BYTES = 500_000;
const FOR_MS = 1500;
/** Others are answered in between. */
const BREATHE_EVERY_MS = 40;
const MOST_AT_ONCE = 4;

const hitOf = ({ begins, at }: Line, text: string, spans: Span[]): LogHit => {
  const from = Math.max(0, (spans[0]?.[0] ?? 0) - BEFORE_HIT);
  return { line: begins.line, at, text: text.slice(from, from + EXCERPT).toWellFormed(), from, spans };
};

/** Hits until an answer is full; from then on they are only counted. */
const createAnswer = (search: LogSearch) => {
  const matches = matcherOf(search);
  const items: LogHit[] = [];
  let hits = 0;
  let bytes = 0;
  /** The first line with a hit that is not in the answer. */
  let left: Place | undefined;
  return {
    items,
    look: (line: Line): void => {
      const text = visibleText(line.raw);
      const spans = matches(text);
      if (spans.length === 0) return;
      hits += 1;
      const hit = hitOf(line, text, spans);
      bytes += left ? 0 : Buffer.byteLength(JSON.stringify(hit));
      if (items.length === search.limit || bytes > MOST_REPLY_BYTES) left ??= line.begins;
      if (!left) items.push(hit);
    },
    left: () => left,
    hits: () => hits,
  };
};

type Walked = { readonly stoppedAt: Place; /** Out of time, or full. */ readonly isCut: boolean; readonly isOver: boolean };

/** Every line from the place on, until the time is over, nobody wants more, or there is none; the last one may still grow. */
const walk = async ({ read, start, see, until }: { read: ReadPage; start: Place; see: (line: Line) => boolean; until: number }): Promise<Walked> => {
  const reader = createLineReader(start);
  let breathedAt = performance.now();
  let looked = 0;
  /** However busy this machine is, each call gets further. */
  const isLate = () => (looked += 1) > 1 && performance.now() > until;
  for (let after = Math.max(0, start.cursor - 1); ; ) {
    const { entries, complete } = await read(after);
    for (const entry of entries) {
      for (const line of reader.push(entry)) {
        if (isLate() || !see(line)) return { stoppedAt: line.begins, isCut: true, isOver: false };
        if (performance.now() - breathedAt > BREATHE_EVERY_MS) await breathe().then(() => (breathedAt = performance.now()));
      }
    }
    after = entries.at(-1)?.cursor ?? after;
    if (entries.length > 0 && !complete) continue;
    const last = reader.open();
    if (last) see(last);
    return { stoppedAt: reader.place(), isCut: false, isOver: complete };
  }
};

const search = async (read: ReadPage, asked: LogSearch, forMs: number): Promise<LogHits> => {
  const answer = createAnswer(asked);
  const isFirst = asked.cursor === undefined;
  const see = (line: Line): boolean => {
    answer.look(line);
    return isFirst || answer.left() === undefined;
  };
  const { stoppedAt, isCut, isOver } = await walk({ read, start: parsePlace(asked.cursor), see, until: performance.now() + forMs });
  const next = answer.left() ?? (isOver ? undefined : stoppedAt);
  return {
    items: answer.items, count: isFirst ? { lines: answer.hits(), isWhole: !isCut } : null,
    searchedLines: (answer.left() ?? stoppedAt).line - 1, nextCursor: next ? printPlace(next) : null, isAtEnd: !isCut && answer.left() === undefined,
  };
};

/** @param forMs how long one search may take */
export const createLogSearch = (forMs = FOR_MS) => {
  let running = 0;
  /** @throws Refusal for a bad pattern, Unavailable while too many search */
  return async (read: ReadPage, asked: LogSearch): Promise<LogHits> => {
    if (running >= MOST_AT_ONCE) throw new Unavailable('Several people are searching through logs at this moment; try again in a second.', { retryAfterMs: 1000 });
    running += 1;
    try {
      return await search(read, asked, forMs);
    } finally {
      running -= 1;
    }
  };
};
