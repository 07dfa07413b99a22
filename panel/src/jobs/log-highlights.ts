/** Marks what was found in the lines that are in sight, without touching them: ranges that the style sheet colours. */
import type { LogHit } from '../api/types.ts';
import type { LogBuffer } from './log-buffer.ts';
import { numberAt, type LogBlocks } from './log-blocks.ts';

/** Beyond what is in sight, so that a little scrolling shows no line without its marks. */
const AROUND = 150;
const EDGE_PX = 14;

const visibleLines = (place: HTMLElement, otherwise: number): { from: number; to: number } => {
  const { left, width, top, bottom } = place.getBoundingClientRect();
  const at = (y: number): number | undefined => numberAt(document.elementFromPoint(left + width / 2, y));
  const first = at(Math.max(0, top) + EDGE_PX) ?? otherwise;
  return { from: first - AROUND, to: (at(Math.min(innerHeight, bottom) - EDGE_PX) ?? first) + AROUND };
};

/** The line's text stands in text nodes and in spans of one text node each. */
const rangesIn = (node: HTMLElement, spans: LogHit['spans']): Range[] => {
  const texts = [...node.childNodes].map((child) => (child instanceof Text ? child : child.firstChild)).filter((child) => child instanceof Text);
  const placeOf = (offset: number): [Text, number] | undefined => {
    let left = offset;
    for (const text of texts) {
      if (left <= text.length) return [text, left];
      left -= text.length;
    }
    return undefined;
  };
  return spans.flatMap(([from, to]) => {
    const [start, end] = [placeOf(from), placeOf(to)];
    // A line that was cut off here, or has grown since.
    if (!start || !end) return [];
    const range = document.createRange();
    range.setStart(...start);
    range.setEnd(...end);
    return [range];
  });
};

type Shown = { readonly place: HTMLElement; readonly blocks: LogBlocks; readonly buffer: LogBuffer; readonly byLine: ReadonlyMap<number, LogHit>; readonly current: number | undefined };

const canMark = (): boolean => typeof CSS !== 'undefined' && 'highlights' in CSS;

export const clearHighlights = (): void => {
  if (!canMark()) return;
  CSS.highlights.delete('log-hit');
  CSS.highlights.delete('log-current');
};

export const showHighlights = ({ place, blocks, buffer, byLine, current }: Shown): void => {
  clearHighlights();
  if (!canMark() || byLine.size === 0) return;
  const { from, to } = visibleLines(place, current ?? 1);
  const [hits, here]: [Range[], Range[]] = [[], []];
  for (let line = Math.max(1, from); line <= to; line += 1) {
    const hit = byLine.get(line);
    const index = hit && buffer.indexOf(line);
    const node = index === undefined ? undefined : blocks.nodeAt(index);
    if (hit && node) (line === current ? here : hits).push(...rangesIn(node, hit.spans));
  }
  CSS.highlights.set('log-hit', new Highlight(...hits));
  CSS.highlights.set('log-current', new Highlight(...here));
};
