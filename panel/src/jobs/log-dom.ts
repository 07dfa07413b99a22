/**
 * Lines as DOM, by hand: blocks of 500 lines that the browser skips while they are out of sight (`content-visibility`)
 * keep 200,000 lines smooth and still selectable, which neither a virtual list nor a component per line does.
 */
import { classesOf, PLAIN } from './ansi.ts';
import type { LogLine } from './log-buffer.ts';
import { formatClock } from '../ui/time.ts';

const BLOCK = 500;

/** Hundreds of lines come in one piece, and formatting a time takes longer than making a line. */
let lastTime = { at: '', text: '' };
const clockOf = (at: string): string => {
  if (lastTime.at !== at) lastTime = { at, text: at === '' ? '' : formatClock(at) };
  return lastTime.text;
};

const lineNode = ({ runs, number, at }: LogLine): HTMLElement => {
  const node = document.createElement('div');
  node.className = 'log-line';
  // Numbers and times are shown by the style sheet: what is no text of the page is never selected or copied.
  if (number !== undefined) node.dataset['line'] = String(number);
  node.dataset['at'] = clockOf(at);
  for (const { text, style } of runs) {
    if (style === PLAIN) {
      node.append(text);
      continue;
    }
    const run = document.createElement('span');
    run.className = classesOf(style);
    run.textContent = text;
    node.append(run);
  }
  return node;
};

/** Shows the lines from index `from`, which is at most the number of lines shown so far, up to index `to`. */
export const showLines = (place: HTMLElement, lines: readonly LogLine[], { from, to }: { from: number; to: number }): void => {
  while (place.childElementCount > Math.ceil(from / BLOCK)) place.lastElementChild?.remove();
  let block = place.lastElementChild;
  if (block && from % BLOCK !== 0) while (block.childElementCount > from % BLOCK) block.lastElementChild?.remove();
  for (let index = from; index < to; index += 1) {
    if (index % BLOCK === 0) {
      block?.classList.add('full');
      block = document.createElement('div');
      block.className = 'log-block';
      place.append(block);
    }
    const line = lines[index];
    if (line) block?.append(lineNode(line));
  }
};

export const nodeAt = (place: HTMLElement, index: number): HTMLElement | undefined =>
  place.children[Math.floor(index / BLOCK)]?.children[index % BLOCK] as HTMLElement | undefined;

/** The number of the line that something is in. */
export const numberAt = (target: EventTarget | null): number | undefined => {
  const line = target instanceof Element ? target.closest<HTMLElement>('.log-line')?.dataset['line'] : undefined;
  return line === undefined ? undefined : Number(line);
};

const SETTLED_PX = 2;
const MOST_STEPS = 6;

/** Scrolls the log, not the page. The heights of skipped blocks are guessed, so what is scrolled to moves while they become known. */
export const reveal = (place: HTMLElement, index: number, steps = MOST_STEPS): void => {
  const node = nodeAt(place, index);
  if (!node) return;
  const [line, view] = [node.getBoundingClientRect(), place.getBoundingClientRect()];
  const away = line.top - view.top - (view.height - line.height) / 2;
  const before = place.scrollTop;
  place.scrollTop += away;
  if (steps > 0 && (Math.abs(away) > SETTLED_PX && place.scrollTop !== before)) requestAnimationFrame(() => reveal(place, index, steps - 1));
};
