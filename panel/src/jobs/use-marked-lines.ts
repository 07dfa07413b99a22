/** Lines that the address names: marked, scrolled to once they are there, and kept in the address when others are chosen. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { LogBuffer } from './log-buffer.ts';
import type { LogBlocks } from './log-blocks.ts';
import { parseHash, printHash, type LineRange } from './line-range.ts';

/** A range may name more lines than anybody wants to see marked. */
const MOST_MARKED = 5000;

export type MarkedLines = {
  readonly lines: ReadonlySignal<LineRange | undefined>;
  /** `scrolls`: also goes there. */
  choose(lines: LineRange | undefined, how?: { readonly scrolls: boolean }): void;
  /** Lines were shown anew from an index on. */
  shownFrom(index: number): void;
  /** A line that was to be shown is not there yet. */
  isAwaited(): boolean;
};

type Parts = { readonly blocks: () => LogBlocks | undefined; readonly buffer: LogBuffer; readonly onGo: () => void };

export const useMarkedLines = ({ blocks, buffer, onGo }: Parts): MarkedLines => {
  const lines = useSignal(parseHash(location.hash));
  const goal = useRef(lines.value?.from);
  const painted = useRef<HTMLElement[]>([]);

  const nodeOf = (line: number): HTMLElement | undefined => {
    const index = buffer.indexOf(line);
    return index === undefined ? undefined : blocks()?.nodeAt(index);
  };
  const paint = (): void => {
    for (const node of painted.current) node.classList.remove('marked');
    painted.current = [];
    const { from, to } = lines.value ?? { from: 1, to: 0 };
    for (let line = from; line <= Math.min(to, from + MOST_MARKED, buffer.count); line += 1) {
      const node = nodeOf(line);
      if (node) painted.current.push(node);
    }
    for (const node of painted.current) node.classList.add('marked');
  };
  const pursue = (): void => {
    const index = goal.current === undefined ? undefined : buffer.indexOf(goal.current);
    if (index === undefined || !blocks()?.nodeAt(index)) return;
    goal.current = undefined;
    onGo();
    blocks()?.reveal(index);
  };
  const goTo = (wanted: LineRange | undefined): void => {
    lines.value = wanted;
    paint();
    goal.current = wanted?.from;
    pursue();
  };

  useEffect(() => {
    const onHash = (): void => goTo(parseHash(location.hash));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, [buffer]);

  return {
    lines,
    choose(wanted, { scrolls } = { scrolls: false }) {
      history.replaceState(history.state, '', `${location.pathname}${location.search}${printHash(wanted)}`);
      if (scrolls) return goTo(wanted);
      lines.value = wanted;
      paint();
    },
    shownFrom(index) {
      const last = lines.value && buffer.indexOf(Math.min(lines.value.to, buffer.count));
      if (last !== undefined && last >= index) paint();
      pursue();
    },
    isAwaited: () => goal.current !== undefined,
  };
};
