/**
 * The hash chain of a log, checked with no database at hand: whoever has the events can do it. The bytes that the chain
 * covers are documented in migrations/2026-11-21-event-log.ts. After a fault the check goes on from what is stored, so
 * that one edit is one problem and a later one is found too.
 */
import { createHash } from 'node:crypto';
import type { LogProblem } from '@citrus/contracts';

/** What the chain covers of an event, and the hash that stands beside it. */
export type ChainedEvent = {
  readonly position: number;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly recordedAtMicros: number;
  readonly metaBytes: Uint8Array;
  readonly dataBytes: Uint8Array;
  readonly hash: Buffer;
};

/** Where a log begins. */
export const NO_HASH = Buffer.alloc(32);

const LINE_FEED = Buffer.from('\n');
const MOST_MICROS = 253_402_300_800_000_000;

/** The log writes whole milliseconds; another time cannot have been written by it. */
const timeOf = (micros: number): string | undefined => (micros % 1000 === 0 && Math.abs(micros) < MOST_MICROS ? new Date(micros / 1000).toISOString() : undefined);

/** hash(n), or nothing when no log can have written this event. */
export const chainHash = (previous: Uint8Array, event: ChainedEvent): Buffer | undefined => {
  const time = timeOf(event.recordedAtMicros);
  if (time === undefined) return undefined;
  const head = `${event.position}\n${event.id}\n${event.stream}\n${event.version}\n${event.type}\n${event.schemaVersion}\n${time}\n${event.metaBytes.length}\n`;
  return createHash('sha256').update(previous).update(head).update(event.metaBytes).update(LINE_FEED).update(event.dataBytes).digest();
};

export type ChainChecker = {
  /** Events in the order of their positions. */
  feed(event: ChainedEvent): LogProblem[];
  /** The position and hash that the chain has reached; behind a fault the event after it tells which hash is the good one. */
  reached(next?: ChainedEvent): { readonly position: number; readonly hash: Buffer };
};

type Place = { readonly position: number; readonly hash: Buffer; readonly time: number };

/** @param from the last event that is known to be good, and its hash */
export const createChainChecker = (from: { readonly position: number; readonly hash: Buffer }): ChainChecker => {
  let last: Place = { ...from, time: -Infinity };
  /** What the next event may be chained to: behind a fault either the stored hash or the computed one. */
  let candidates: readonly Buffer[] = [from.hash];

  const gapBefore = (event: ChainedEvent): LogProblem[] => {
    const expected = last.position + 1;
    if (event.position === expected) return [];
    if (event.position < expected) return [{ position: event.position, kind: 'inserted', message: `a second event stands at position ${event.position}` }];
    const gone = event.position - expected;
    return [{ position: expected, kind: 'missing', message: gone === 1 ? 'the event at this position is gone' : `the ${gone} events from here to position ${event.position - 1} are gone` }];
  };

  return {
    feed: (event) => {
      const problems = gapBefore(event);
      const isBehindGap = event.position > last.position + 1;
      const hashes = candidates.map((previous) => chainHash(previous, event));
      const whole = hashes.find((hash) => hash?.equals(event.hash));
      // Behind a gap there is nothing to compute from; the event is taken as it stands and the chain goes on with it.
      if (!whole && !isBehindGap) problems.push({ position: event.position, kind: 'changed', message: `${event.type} of ${event.stream} is not what was appended here: its hash does not follow from the event before it` });
      if (event.recordedAtMicros < last.time) problems.push({ position: event.position, kind: 'inconsistent', message: `${event.type} of ${event.stream} is older than the event before it` });
      const computed = hashes[0];
      candidates = whole || !computed || isBehindGap ? [event.hash] : [event.hash, computed];
      last = { position: event.position, hash: event.hash, time: event.recordedAtMicros };
      return problems;
    },
    reached: (next) => ({ position: last.position, hash: candidates.find((hash) => next && chainHash(hash, next)?.equals(next.hash)) ?? last.hash }),
  };
};
