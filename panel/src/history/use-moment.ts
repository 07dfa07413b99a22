/**
 * The moment that is looked at is in the address, so that it can be shared and the way back leads back. Leaving now is a
 * step in the browser's history; moving on from one moment to the next is not, or nobody would ever get back.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';
import { get } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { Fact } from '../api/types.ts';
import { indexAt, momentIn, type Moment, type Stop } from './stops.ts';

const SETTLED_AFTER_MS = 150;

export type Looking = {
  /** Undefined: now. */
  readonly at: string | undefined;
  /** Where the slider stands, also while it is being dragged. */
  readonly index: number;
  /** A word about an address that names no moment. */
  readonly wrong: string | undefined;
  readonly problem: ApiProblem | undefined;
  readonly moveTo: (index: number) => void;
  /** Undefined: back to now. */
  readonly lookAt: (at: string | undefined) => void;
};

/** An event's place, as the instant at which it happened. */
const usePlace = (moment: Moment) => {
  const place = moment.kind === 'place' ? moment.place : undefined;
  const found = useSignal<{ place: string; at?: string; problem?: ApiProblem } | undefined>(undefined);
  useEffect(() => {
    if (place === undefined) return;
    get<Fact>(`/api/events/${place}`).then(({ at }) => { found.value = { place, at }; return undefined; }, (thrown: unknown) => { found.value = { place, problem: asProblem(thrown) }; });
  }, [place]);
  return found.value?.place === place ? found.value : undefined;
};

export const useMoment = (stops: readonly Stop[] | undefined): Looking => {
  const [path, goTo] = useLocation();
  const moment = momentIn(new URLSearchParams(useSearch()).get('at'));
  const placed = usePlace(moment);
  const named = moment.kind === 'instant' ? moment.at : placed?.at;
  // A moment that is still to come would be refused; and it is like now.
  const at = named !== undefined && Date.parse(named) > Date.now() ? undefined : named;
  const draft = useSignal<number | undefined>(undefined);
  const settling = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const settled = stops ? indexAt(stops, at) : 0;

  const lookAt = (wanted: string | undefined): void => {
    clearTimeout(settling.current);
    draft.value = undefined;
    if (wanted === at && moment.kind !== 'wrong') return;
    goTo(wanted === undefined ? path : `${path}?at=${wanted}`, { replace: at !== undefined && wanted !== undefined });
  };
  const moveTo = (index: number): void => {
    draft.value = index;
    clearTimeout(settling.current);
    settling.current = setTimeout(() => lookAt(stops?.[index]?.at), SETTLED_AFTER_MS);
  };
  useEffect(() => () => clearTimeout(settling.current), []);
  // The way back, or somebody else's link.
  useEffect(() => { draft.value = undefined; }, [at]);
  return { at, index: draft.value ?? settled, wrong: moment.kind === 'wrong' ? moment.text : undefined, problem: placed?.problem, moveTo, lookAt };
};
