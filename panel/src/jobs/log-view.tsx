/**
 * The log. It is a `role="log"` that stays silent, because hundreds of lines a second are noise in a screen reader;
 * the job's status line beside it speaks instead. Lines reach the page in batches, at most twenty times a second.
 */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy.tsx';
import type { LogBuffer } from './log-buffer.ts';
import { showLines } from './log-dom.ts';

const t = strings.log;
const BATCH_MS = 50;
/** So that a long log never holds up a click. */
const LINES_A_BATCH = 10_000;
const NEAR_THE_END_PX = 24;

/** The buffer and a count that grows with every change of it; `changedFrom` is the first line not shown yet. */
export type LiveLog = { readonly buffer: LogBuffer; readonly revision: ReadonlySignal<number>; changedFrom: number };

/** A tab with the output as it came; the browser frees the text with the tab. */
const openRaw = (text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain; charset=utf-8' }));
  open(address, '_blank', 'noopener');
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};

const useScrolling = () => {
  const place = useRef<HTMLDivElement>(null);
  const follow = useSignal(true);
  const lastTop = useRef(0);
  const toEnd = (): void => {
    const element = place.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  const onScroll = (): void => {
    const element = place.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END_PX;
    if (isAtEnd) follow.value = true;
    else if (element.scrollTop < lastTop.current) follow.value = false;
    lastTop.current = element.scrollTop;
  };
  return { place, follow, toEnd, onScroll };
};

const Toggle = ({ isOn, onToggle, children }: { isOn: boolean; onToggle: () => void; children: string }) => (
  <button type="button" class="small toggle" aria-pressed={isOn} onClick={onToggle}>{children}</button>
);

export const LogView = ({ log, isOver }: { log: LiveLog; isOver: boolean }) => {
  const { place, follow, toEnd, onScroll } = useScrolling();
  const [isPaused, wraps, shown] = [useSignal(false), useSignal(true), useSignal(0)];
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const flush = (): void => {
    timer.current = undefined;
    if (!place.current || isPaused.value) return;
    const { lines } = log.buffer;
    const [from, to] = [log.changedFrom, Math.min(lines.length, log.changedFrom + LINES_A_BATCH)];
    showLines(place.current, lines, { from, to });
    log.changedFrom = to;
    shown.value = to;
    if (follow.value) toEnd();
    if (to < lines.length) flushIn(0);
  };
  const flushIn = (ms: number): void => { timer.current ??= setTimeout(flush, ms); };
  useEffect(() => {
    const unsubscribe = log.revision.subscribe(() => flushIn(BATCH_MS));
    return () => {
      clearTimeout(timer.current);
      unsubscribe();
    };
  }, [log]);
  const missing = log.revision.value >= 0 && isPaused.value ? log.buffer.lines.length - shown.value : 0;
  return (
    <section class="panel log" aria-label={t.title}>
      <header class="panel-head">
        <h2>{t.title} <span class="count">{t.lines(shown.value)}</span></h2>
        <div class="actions" role="toolbar" aria-label={t.tools}>
          {!isOver && <Toggle isOn={isPaused.value} onToggle={() => { isPaused.value = !isPaused.value; flush(); }}>{missing > 0 ? t.pausedWith(missing) : t.pause}</Toggle>}
          <Toggle isOn={follow.value} onToggle={() => { follow.value = !follow.value; if (follow.value) toEnd(); }}>{t.follow}</Toggle>
          <Toggle isOn={wraps.value} onToggle={() => { wraps.value = !wraps.value; }}>{t.wrap}</Toggle>
          <CopyButton text={() => log.buffer.text()} />
          <button type="button" class="small" onClick={() => openRaw(log.buffer.raw())}>{t.raw}</button>
        </div>
      </header>
      {shown.value === 0 && <p class="log-empty fine">{isOver ? t.nothing : t.waiting}</p>}
      <div ref={place} class={wraps.value ? 'log-lines wraps' : 'log-lines'} role="log" aria-live="off" aria-label={t.title} tabIndex={0} onScroll={onScroll} />
    </section>
  );
};
