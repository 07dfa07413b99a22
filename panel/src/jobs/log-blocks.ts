/**
 * Lines as DOM, by hand: blocks of 500 lines, which are made when they come near what is seen and stay from then on. Until
 * then a block is as high as its lines are when none of them wraps. So 200,000 lines cost what somebody looks at, and that
 * is selected like any text, which no virtual list lets one do.
 */
import { classesOf, PLAIN } from './ansi.ts';
import type { LogBuffer, LogLine } from './log-buffer.ts';
import { formatClock } from '../ui/time.ts';

const BLOCK = 500;
/** The logs of most jobs are made as a whole, and found by the browser's own search. */
const MADE_AT_ONCE = 5000;
const NEAR = '1500px 0px';

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

/** The number of the line that something is in. */
export const numberAt = (target: EventTarget | null): number | undefined => {
  const line = target instanceof Element ? target.closest<HTMLElement>('.log-line')?.dataset['line'] : undefined;
  return line === undefined ? undefined : Number(line);
};

const SETTLED_PX = 2;
const MOST_STEPS = 30;

export type BlockEvents = {
  /** What was made may be higher than it was taken to be. */
  readonly made: () => void;
  /** The log was scrolled to what is revealed. */
  readonly revealed: () => void;
};

export class LogBlocks {
  /** How many lines are shown, made or not. */
  private shown = 0;
  private readonly observer: IntersectionObserver;

  constructor(private readonly place: HTMLElement, private readonly buffer: LogBuffer, private readonly on: BlockEvents) {
    this.observer = new IntersectionObserver((entries) => {
      const near = entries.filter(({ isIntersecting }) => isIntersecting);
      for (const { target } of near) this.make([...place.children].indexOf(target));
      if (near.length > 0) on.made();
    }, { root: place, rootMargin: NEAR });
  }

  close(): void {
    this.observer.disconnect();
  }

  /** Shows the lines from index `from`, which is at most the number of lines shown so far, up to index `to`. */
  show({ from, to }: { from: number; to: number }): void {
    this.shown = to;
    while (this.place.childElementCount > Math.ceil(to / BLOCK)) this.place.lastElementChild?.remove();
    for (let number = Math.floor(from / BLOCK); number * BLOCK < to; number += 1) {
      const block = this.place.children[number] ?? this.add();
      const isMade = block.childElementCount > 0 || number * BLOCK < MADE_AT_ONCE;
      if (isMade) this.make(number, from);
      this.measure(block as HTMLElement, number);
    }
  }

  /** Made for whoever asks; undefined for a line that is not shown yet. */
  nodeAt(index: number): HTMLElement | undefined {
    const number = Math.floor(index / BLOCK);
    const block = index < this.shown ? this.place.children[number] : undefined;
    if (block?.childElementCount === 0) this.make(number);
    return block?.children[index % BLOCK] as HTMLElement | undefined;
  }

  /** Scrolls the log, not the page. Heights are guessed before blocks are made, so what is scrolled to moves while they become known. */
  reveal(index: number, steps = MOST_STEPS): void {
    const node = this.nodeAt(index);
    if (!node) return;
    const [line, view] = [node.getBoundingClientRect(), this.place.getBoundingClientRect()];
    const away = line.top - view.top - (view.height - line.height) / 2;
    const before = this.place.scrollTop;
    this.place.scrollTop += away;
    this.on.revealed();
    if (steps > 0 && Math.abs(away) > SETTLED_PX && this.place.scrollTop !== before) requestAnimationFrame(() => this.reveal(index, steps - 1));
  }

  /** The lines that a selection covers, as whole lines, where some of them were never made; undefined: the browser has them all. */
  covered(range: Range): string | undefined {
    if (!this.place.contains(range.commonAncestorContainer)) return undefined;
    const isUnmade = [...this.place.children].some((block) => block.childElementCount === 0 && range.intersectsNode(block));
    if (!isUnmade) return undefined;
    const [from, to] = [this.indexAt(range.startContainer) ?? 0, this.indexAt(range.endContainer) ?? this.shown - 1];
    return this.buffer.textOf(from, to + 1);
  }

  private indexAt(node: Node): number | undefined {
    const line = (node instanceof Element ? node : node.parentElement)?.closest('.log-line');
    const block = line?.parentElement;
    return line && block ? [...this.place.children].indexOf(block) * BLOCK + [...block.children].indexOf(line) : undefined;
  }

  private add(): HTMLElement {
    const block = document.createElement('div');
    block.className = 'log-block';
    this.place.append(block);
    this.observer.observe(block);
    return block;
  }

  private measure(block: HTMLElement, number: number): void {
    const lines = Math.min(BLOCK, this.shown - number * BLOCK);
    block.style.setProperty('--lines', String(lines));
    block.classList.toggle('full', lines === BLOCK);
  }

  /** Makes the lines of a block, anew from an index on. */
  private make(number: number, from = 0): void {
    const block = this.place.children[number];
    if (!block) return;
    this.observer.unobserve(block);
    const first = number * BLOCK;
    while (block.childElementCount > Math.max(0, from - first)) block.lastElementChild?.remove();
    for (let index = first + block.childElementCount; index < Math.min(this.shown, first + BLOCK); index += 1) {
      const line = this.buffer.lines[index];
      if (line) block.append(lineNode(line));
    }
  }
}
