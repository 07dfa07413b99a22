/**
 * The places where the slider stops: every instant at which something happened, and at last now. Events of one instant are
 * one stop, because a moment in the address means all of them. A moment between two stops is as it was after the first.
 */
import type { Fact } from '../api/types.ts';
import type { Tone } from '../ui/badge.tsx';

export type Stop = { readonly at: string; readonly facts: readonly Fact[] };

/** Oldest first, whatever order the facts come in. */
export const stopsOf = (facts: readonly Fact[]): Stop[] => {
  const byInstant = new Map<string, Fact[]>();
  for (const fact of facts) byInstant.set(fact.at, [...(byInstant.get(fact.at) ?? []), fact]);
  return [...byInstant].map(([at, found]) => ({ at, facts: found.toSorted((a, b) => a.position - b.position) })).toSorted((a, b) => a.at.localeCompare(b.at));
};

/** The stop that says how it was then; -1 before the first one, `stops.length` for now. */
export const indexAt = (stops: readonly Stop[], at: string | undefined): number => {
  if (at === undefined) return stops.length;
  const instant = Date.parse(at);
  let [low, high] = [0, stops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Date.parse(stops[middle]?.at ?? '') <= instant) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

const TEN = 10;

/** Where a key leads to from here; `last` is now. Undefined for keys that mean nothing to a slider. */
export const afterKey = (key: string, index: number, last: number): number | undefined => {
  const to = ((): number | undefined => {
    switch (key) {
      case 'ArrowLeft': case 'ArrowDown': return index - 1;
      case 'ArrowRight': case 'ArrowUp': return index + 1;
      case 'PageDown': return index - TEN;
      case 'PageUp': return index + TEN;
      case 'Home': return 0;
      case 'End': return last;
      default: return undefined;
    }
  })();
  return to === undefined ? undefined : Math.min(last, Math.max(0, to));
};

export type Moment = { readonly kind: 'now' } | { readonly kind: 'instant'; readonly at: string } | { readonly kind: 'place'; readonly place: string } | { readonly kind: 'wrong'; readonly text: string };

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
const PLACE = /^[a-z-]+:[1-9]\d{0,14}$/;

/** What the address names: an instant, or a place in a log whose instant is asked for. */
export const momentIn = (text: string | null): Moment => {
  if (text === null || text === '') return { kind: 'now' };
  if (INSTANT.test(text) && !Number.isNaN(Date.parse(text))) return { kind: 'instant', at: new Date(text).toISOString() };
  return PLACE.test(text) ? { kind: 'place', place: text.replace(':', '/') } : { kind: 'wrong', text };
};

export type Mark = { readonly from: number; readonly to: number; readonly tone: Tone };

const WEIGHT: Readonly<Record<Tone, number>> = { quiet: 0, busy: 1, good: 2, warn: 3, bad: 4 };

/** At most so many marks; where several stops share one, it tells the worst of them. */
export const marksOf = (stops: readonly Stop[], toneOf: (fact: Fact) => Tone, most: number): Mark[] => {
  const each = Math.max(1, Math.ceil(stops.length / most));
  const marks: Mark[] = [];
  for (let from = 0; from < stops.length; from += each) {
    const tones = stops.slice(from, from + each).flatMap(({ facts }) => facts.map(toneOf));
    marks.push({ from, to: Math.min(stops.length, from + each) - 1, tone: tones.reduce<Tone>((worst, tone) => (WEIGHT[tone] > WEIGHT[worst] ? tone : worst), 'quiet') });
  }
  return marks;
};

/** Stops that begin another day, in the reader's own time. */
export const dayBreaks = (stops: readonly Stop[]): number[] =>
  stops.flatMap(({ at }, index) => (index > 0 && new Date(at).toDateString() !== new Date(stops[index - 1]?.at ?? '').toDateString() ? [index] : []));
