/** Brings the lines of a growing log onto the page, at most twenty times a second. */
import { useSignal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { LogBuffer } from './log-buffer.ts';
import type { LogBlocks } from './log-blocks.ts';

const BATCH_MS = 50;

/** The buffer and a count that grows with every change of it; `changedFrom` is the first line not shown yet. */
export type LiveLog = { readonly buffer: LogBuffer; readonly revision: ReadonlySignal<number>; changedFrom: number };

type Parts = { readonly blocks: () => LogBlocks | undefined; /** Lines were shown anew from an index on. */ readonly onShown: (from: number) => void };
type LogLines = { readonly isPaused: ReadonlySignal<boolean>; readonly shown: ReadonlySignal<number>; readonly togglePause: () => void };

const useFlush = (log: LiveLog, { blocks, onShown }: Parts, { isPaused, shown }: { isPaused: Signal<boolean>; shown: Signal<number> }) => {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const flush = (): void => {
    timer.current = undefined;
    const place = blocks();
    if (!place || isPaused.value) return;
    const [from, to] = [log.changedFrom, log.buffer.lines.length];
    place.show({ from, to });
    log.changedFrom = to;
    shown.value = to;
    onShown(from);
  };
  useEffect(() => {
    const unsubscribe = log.revision.subscribe(() => { timer.current ??= setTimeout(flush, BATCH_MS); });
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
