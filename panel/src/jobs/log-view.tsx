/**
 * The log. It is a `role="log"` that stays silent, because hundreds of lines a second are noise in a screen reader;
 * the job's status line beside it speaks instead. With the focus in it, single letters do what the buttons do.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { addressIn } from '../api/scope.ts';
import { projectId } from '../session/project.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { growTo, parseHash, type LineRange } from './line-range.ts';
import { LogBlocks, numberAt, type BlockEvents } from './log-blocks.ts';
import { clearHighlights, showHighlights } from './log-highlights.ts';
import { LogSearchBar } from './log-search-bar.tsx';
import { useLogLines, type LiveLog } from './use-log-lines.ts';
import { useLogSearch, type LogSearch } from './use-log-search.ts';
import { useMarkedLines, type MarkedLines } from './use-marked-lines.ts';
import { useScrolling } from './use-scrolling.ts';

const t = strings.log;

const Toggle = ({ isOn, onToggle, shortcut, children }: { isOn: boolean; onToggle: () => void; shortcut: string; children: string }) => (
  <button type="button" class="small toggle" aria-pressed={isOn} title={t.key(shortcut)} onClick={onToggle}>{children}</button>
);

/** In the column of numbers: there a click is meant for the line. */
const isOnNumber = (event: MouseEvent, place: HTMLElement): boolean => {
  const style = getComputedStyle(place);
  return event.clientX - place.getBoundingClientRect().left < Number.parseFloat(style.getPropertyValue('--log-numbers') || '54');
};

/** Made when the place for them is there. */
const useLogBlocks = (log: LiveLog, place: { readonly current: HTMLDivElement | null }, on: BlockEvents): (() => LogBlocks | undefined) => {
  const blocks = useRef<LogBlocks | undefined>(undefined);
  useEffect(() => () => {
    blocks.current?.close();
    blocks.current = undefined;
  }, [log]);
  return () => {
    if (place.current) blocks.current ??= new LogBlocks(place.current, log.buffer, on);
    return blocks.current;
  };
};

const useHighlights = (search: LogSearch, { log, place, blocks }: { log: LiveLog; place: { readonly current: HTMLDivElement | null }; blocks: () => LogBlocks | undefined }): (() => void) => {
  const frame = useRef(0);
  const here = useRef<HTMLElement | undefined>(undefined);
  const paint = (): void => {
    frame.current = 0;
    const [found, current] = [search.found.value, search.line()];
    here.current?.classList.remove('here');
    const index = current === undefined ? undefined : log.buffer.indexOf(current);
    here.current = index === undefined ? undefined : blocks()?.nodeAt(index);
    here.current?.classList.add('here');
    const made = blocks();
    if (place.current && made && found) showHighlights({ place: place.current, blocks: made, buffer: log.buffer, byLine: found.byLine, current });
    else clearHighlights();
  };
  const soon = (): void => { frame.current ||= requestAnimationFrame(paint); };
  useEffect(() => {
    const stops = [search.found.subscribe(soon), search.current.subscribe(soon)];
    return () => {
      for (const stop of stops) stop();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
      clearHighlights();
    };
  }, [search.found, search.current]);
  return soon;
};

const MarkedActions = ({ log, marked }: { log: LiveLog; marked: MarkedLines }) => {
  const lines = marked.lines.value;
  if (!lines) return null;
  return (
    <div class="log-marked">
      <span class="fine">{t.marked(lines.from, lines.to)}</span>
      <CopyButton text={() => log.buffer.text(lines.from, lines.to)} label={t.copyLines} />
      <CopyButton text={() => location.href} label={t.copyLink} />
      <button type="button" class="small plain icon-only" aria-label={t.unmark} title={t.unmark} onClick={() => marked.choose(undefined)}><Icon name="cross" /></button>
    </div>
  );
};

export const LogView = ({ log, jobId, isOver }: { log: LiveLog; jobId: string; isOver: boolean }) => {
  const { place, follow, toEnd, onScroll, moved } = useScrolling(parseHash(location.hash) === undefined);
  const [wraps, times] = [useSignal(true), useSignal(false)];
  const blocks = useLogBlocks(log, place, { made: () => { if (follow.value && !marked.isAwaited()) toEnd(); }, revealed: moved });
  const marked = useMarkedLines({ blocks, buffer: log.buffer, onGo: () => { follow.value = false; } });
  const lines = useLogLines(log, {
    blocks,
    onShown: (from) => {
      marked.shownFrom(from);
      if (follow.value && !marked.isAwaited()) toEnd();
    },
  });
  const goToHit = (line: number): void => {
    follow.value = false;
    const index = log.buffer.indexOf(line);
    if (index !== undefined) blocks()?.reveal(index);
  };
  const search = useLogSearch({ jobId, revision: log.revision, onLine: goToHit, from: () => marked.lines.value?.from ?? 1 });
  const paintSoon = useHighlights(search, { log, place, blocks });
  const toggleFollow = (): void => {
    follow.value = !follow.value;
    if (follow.value) toEnd();
  };
  const onClick = (event: MouseEvent): void => {
    const line = numberAt(event.target);
    if (line === undefined || !place.current || !isOnNumber(event, place.current)) return;
    const before = marked.lines.value;
    if (event.shiftKey) marked.choose(growTo(before, line));
    else marked.choose(before?.from === line && before.to === line ? undefined : { from: line, to: line });
  };
  const goTo = (wanted: LineRange): void => {
    marked.choose(wanted, { scrolls: true });
    place.current?.focus({ preventScroll: true });
  };
  const KEYS: Readonly<Record<string, () => void>> = {
    f: toggleFollow, p: lines.togglePause, w: () => { wraps.value = !wraps.value; }, t: () => { times.value = !times.value; },
    n: () => search.step(1), N: () => search.step(-1), Escape: () => marked.choose(undefined),
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'a' && (event.ctrlKey || event.metaKey) && place.current) {
      event.preventDefault();
      getSelection()?.selectAllChildren(place.current);
      return;
    }
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const onCopy = (event: ClipboardEvent): void => {
    const selection = getSelection();
    const text = selection && selection.rangeCount > 0 ? blocks()?.covered(selection.getRangeAt(0)) : undefined;
    if (text === undefined) return;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };
  const missing = log.revision.value >= 0 && lines.isPaused.value ? log.buffer.lines.length - lines.shown.value : 0;
  const raw = addressIn(projectId.value, `/api/jobs/${jobId}/log?format=text`);
  return (
    <section class="panel log" aria-label={t.title}>
      <header class="panel-head">
        <h2>{t.title} <span class="count">{t.lines(log.revision.value >= 0 ? log.buffer.count : 0)}</span></h2>
        <div class="actions" role="toolbar" aria-label={t.tools}>
          {!isOver && <Toggle shortcut="p" isOn={lines.isPaused.value} onToggle={lines.togglePause}>{missing > 0 ? t.pausedWith(missing) : t.pause}</Toggle>}
          <Toggle shortcut="f" isOn={follow.value} onToggle={toggleFollow}>{t.follow}</Toggle>
          <Toggle shortcut="w" isOn={wraps.value} onToggle={KEYS['w'] ?? toEnd}>{t.wrap}</Toggle>
          <Toggle shortcut="t" isOn={times.value} onToggle={KEYS['t'] ?? toEnd}>{t.times}</Toggle>
          <CopyButton text={() => log.buffer.text()} />
          <a class="button small" href={raw} target="_blank" rel="noreferrer">{t.raw}</a>
        </div>
      </header>
      <LogSearchBar search={search} onGo={goTo} />
      <MarkedActions log={log} marked={marked} />
      {log.buffer.isFull && <p class="fine log-full">{t.full(log.buffer.count)}</p>}
      <div class="log-frame">
        {lines.shown.value === 0 && <p class="log-empty fine">{isOver ? t.nothing : t.waiting}</p>}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions -- what scrolls must be in reach of the keyboard; a click on a number is also the field "line" above */}
        <div ref={place} class={['log-lines', wraps.value && 'wraps', times.value && 'times'].filter(Boolean).join(' ')} role="log" aria-live="off" aria-label={t.title} tabIndex={0}
          onScroll={() => { onScroll(); paintSoon(); }} onClick={onClick} onKeyDown={onKeyDown} onCopy={onCopy} />
      </div>
    </section>
  );
};
