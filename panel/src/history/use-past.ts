/**
 * What is read for a moment that may change many times a second: the last one wins, what is outdated is called off, and
 * until the answer is there the one before stays, so nothing flickers. The past does not change, so answers are kept.
 */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { asProblem, type ApiProblem } from '../api/problem.ts';

const SETTLED_AFTER_MS = 120;
const MOST_KEPT = 60;

export type Past<Answer> = { readonly answer: ReadonlySignal<Answer | undefined>; readonly problem: ReadonlySignal<ApiProblem | undefined>; readonly isBusy: ReadonlySignal<boolean>; readonly retry: () => void };

/** @param key which moment of what; undefined: nothing is asked, and nothing is known */
export const usePast = <Answer>(key: string | undefined, read: (signal: AbortSignal) => Promise<Answer>, settledAfterMs = SETTLED_AFTER_MS): Past<Answer> => {
  const answer = useSignal<Answer | undefined>(undefined);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const isBusy = useSignal(false);
  const turn = useSignal(0);
  const kept = useRef(new Map<string, Answer>());

  useEffect(() => {
    problem.value = undefined;
    const known = key === undefined ? undefined : kept.current.get(key);
    if (key === undefined || known !== undefined) {
      [answer.value, isBusy.value] = [known, false];
      return undefined;
    }
    const request = new AbortController();
    isBusy.value = true;
    const begin = async (): Promise<void> => {
      try {
        const found = await read(request.signal);
        if (isOver) return;
        kept.current.set(key, found);
        if (kept.current.size > MOST_KEPT) kept.current.delete(kept.current.keys().next().value ?? '');
        answer.value = found;
      } catch (thrown) {
        if (!isOver) problem.value = asProblem(thrown);
      } finally {
        if (!isOver) isBusy.value = false;
      }
    };
    let isOver = false;
    // The first one at once: nobody is moving anything yet.
    const timer = setTimeout(() => void begin(), answer.peek() === undefined ? 0 : settledAfterMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
      request.abort();
    };
  }, [key, turn.value]);

  return { answer, problem, isBusy, retry: () => { turn.value += 1; } };
};
