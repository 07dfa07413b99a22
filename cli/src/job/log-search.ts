/** A job's log searched where it is stored, and as the one text that it was. */
import { LogHits, type Job, type LogHit } from '@citrus/contracts';
import { unreachable } from '../api/http.ts';
import { printable, type Terminal } from '../output/terminal.ts';
import type { Stage } from './follow-log.ts';
import type { LogOptions } from './job.command.ts';

const LARGEST_PAGE = 500;
type Search = LogOptions & { readonly search: string };

/** The hits stand out; cut before they are made printable, which makes texts longer. */
export const hitLine = ({ line, text, from, spans }: LogHit, { style }: Pick<Terminal, 'style'>): string => {
  const seen = spans.map(([begin, end]) => [Math.max(0, begin - from), Math.min(text.length, end - from)] as const).filter(([begin, end]) => begin < end);
  let [shown, at] = ['', 0];
  for (const [begin, end] of seen) {
    shown += printable(text.slice(at, begin)) + style('inverse', printable(text.slice(Math.max(at, begin), end)));
    at = Math.max(at, end);
  }
  return `${String(line).padStart(6)}  ${from > 0 ? '…' : ''}${shown}${printable(text.slice(at))}`;
};

const told = (found: number, { searchedLines, isAtEnd }: LogHits): string =>
  `${found} ${found === 1 ? 'line' : 'lines'} found in ${isAtEnd ? '' : 'the first '}${searchedLines}${isAtEnd ? '' : '; there may be more: a larger --limit, or without one'}`;

/** Page by page to the end of what is stored. */
export const printFound = async ({ api, terminal }: Stage, { id }: Job, { search: q, regex, matchCase, limit = Infinity, json }: Search): Promise<void> => {
  let [cursor, found]: [string | undefined, number] = [undefined, 0];
  for (;;) {
    const query = { q, as: regex ? 'pattern' : 'text', case: matchCase ? 'exact' : 'any', limit: Math.min(LARGEST_PAGE, limit - found), cursor };
    const page: LogHits = await api.json({ path: `/api/jobs/${id}/log/search`, query }, LogHits);
    for (const hit of page.items) await terminal.out(json ? JSON.stringify(hit) : hitLine(hit, terminal));
    found += page.items.length;
    const isStuck = page.nextCursor === null || page.nextCursor === cursor;
    if (page.isAtEnd || isStuck || found >= limit) return terminal.note(told(found, page));
    cursor = page.nextCursor ?? undefined;
  }
};

/** A file gets what was printed, colours too; a terminal gets nothing that it would obey. */
export const printText = async ({ api, terminal }: Stage, { id }: Job): Promise<void> => {
  const { body } = await api.send({ path: `/api/jobs/${id}/log`, query: { format: 'text' }, headers: { accept: 'text/plain' } });
  const line = (text: string): Promise<void> => terminal.out(terminal.columns === undefined ? text : printable(text.replace(/\r$/, '')));
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const bytes of body ?? []) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) await line(each);
    }
  } catch (error) {
    throw unreachable(api.url, error);
  }
  rest += decoder.decode();
  if (rest !== '') await line(rest);
};
