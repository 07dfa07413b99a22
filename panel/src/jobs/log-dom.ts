/**
 * Lines as DOM, by hand: blocks of 500 lines that the browser skips while they are out of sight (`content-visibility`)
 * keep 200,000 lines smooth and still selectable, which neither a virtual list nor a component per line does.
 */
import { classesOf, PLAIN } from './ansi.ts';
import type { LogLine } from './log-buffer.ts';

const BLOCK = 500;

const lineNode = (line: LogLine, number: number): HTMLElement => {
  const node = document.createElement('div');
  node.className = 'log-line';
  node.dataset['line'] = String(number);
  for (const { text, style } of line) {
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
    block?.append(lineNode(lines[index] ?? [], index + 1));
  }
};
