/** Brings the lines of a growing log onto the page in batches, at most twenty times a second. */
import { useSignal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useRef, type MutableRef } from 'preact/hooks';
import type { LogBuffer } from './log-buffer.ts';
import { showLines } from './log-dom.ts';

const BATCH_MS = 50;
/** So that a long log never holds up a click. */
const LINES_A_BATCH = 10_000;

/** The buffer and a count that grows with every change of it; `changedFrom` is the first line not shown yet. */
export type LiveLog = { readonly buffer: LogBuffer; readonly revision: ReadonlySignal<number>; changedFrom: number };

type Parts = { readonly place: MutableRef<HTMLDivElement | null>; /** Lines were shown anew from an index on. */ readonly onShown: (from: number, isAll: boolean) => void };
type LogLines = { readonly isPaused: ReadonlySignal<boolean>; readonly shown: ReadonlySignal<number>; readonly togglePause: () => void };

const useFlush = (log: LiveLog, { place, onShown }: Parts, { isPaused, shown }: { isPaused: Signal<boolean>; shown: Signal<number> }) => {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const flush = (): void => {
    timer.current = undefined;
    if (!place.current || isPaused.value) return;
    const { lines } = log.buffer;
    const [from, to] = [log.changedFrom, Math.min(lines.length, log.changedFrom + LINES_A_BATCH)];
    showLines(place.current, lines, { from, to });
    log.changedFrom = to;
    shown.value = to;
    onShown(from, to === lines.length);
    if (to < lines.length) flushIn(0);
  };
  const flushIn = (ms: number): void => { timer.current ??= setTimeout(flush, ms); };
  useEffect(() => {
    const unsubscribe = log.revision.subscribe(() => flushIn(BATCH_MS));
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      unsubscribe();
    };
  }, [log]);
  return flush;
};

export const useLogLines = (log: LiveLog, parts: Parts): LogLines => {
  const [isPaused, shown] = [useSignal(false), useSignal(0)];
  const flush = useFlush(log, parts, { isPaused, shown });
  return {
    isPaused, shown,
    togglePause() {
      isPaused.value = !isPaused.value;
      flush();
    },
  };
};
