import { useSignal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { LogSearcher, type Found, type Wish } from './log-searcher.ts';
import type { ApiProblem } from '../api/problem.ts';

const TYPING_MS = 250;
/** A job that prints is searched on this often. */
const AGAIN_MS = 1500;

export type LogSearch = {
  readonly wish: Signal<Wish>;
  readonly found: ReadonlySignal<Found | undefined>;
  readonly problem: ReadonlySignal<ApiProblem | undefined>;
  readonly isBusy: ReadonlySignal<boolean>;
  /** Which of the hits, from 0; -1 for none. */
  readonly current: ReadonlySignal<number>;
  readonly line: () => number | undefined;
  ask(wish: Partial<Wish>): void;
  /** To the next hit, or back with -1; from the last one to the first. */
  step(by: 1 | -1): void;
};

/** @param onLine goes to a line @param from the line near which somebody is */
export const useLogSearch = ({ jobId, revision, onLine, from }: { jobId: string; revision: ReadonlySignal<number>; onLine: (line: number) => void; from: () => number }): LogSearch => {
  const wish = useSignal<Wish>({ q: '', as: 'text', case: 'any' });
  const current = useSignal(-1);
  const searcher = useMemo(() => new LogSearcher(jobId), [jobId]);

  const show = (index: number): void => {
    current.value = index;
    const line = searcher.found.value?.hits[index]?.line;
    if (line !== undefined) onLine(line);
  };
  const begin = async (): Promise<void> => {
    const near = from();
    current.value = -1;
    await searcher.search(wish.value);
    const hits = searcher.found.value?.hits ?? [];
    if (hits.length > 0 && current.value === -1) show(Math.max(0, hits.findIndex(({ line }) => line >= near)));
  };

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isFirst = true;
    const stop = wish.subscribe(() => {
      clearTimeout(timer);
      if (!isFirst) timer = setTimeout(() => void begin(), TYPING_MS);
      isFirst = false;
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [searcher]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = revision.subscribe(() => {
      if (wish.value.q === '') return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void searcher.goOn();
      }, AGAIN_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [searcher]);

  return {
    wish, current, found: searcher.found, problem: searcher.problem, isBusy: searcher.isBusy,
    line: () => searcher.found.value?.hits[current.value]?.line,
    ask(more) {
      wish.value = { ...wish.value, ...more };
    },
    step(by) {
      const count = searcher.found.value?.hits.length ?? 0;
      if (count > 0) show(current.value === -1 ? (by === 1 ? 0 : count - 1) : (current.value + by + count) % count);
    },
  };
};
