import { array, assert, asyncProperty, constantFrom, nat } from 'fast-check';
import { visibleText, type LogEntry, type LogHit, type LogSearch } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { createLogSearch, type ReadPage } from './log-search.ts';

const at = (cursor: number) => new Date(cursor * 1000).toISOString();
const entriesOf = (pieces: readonly string[]) => pieces.map((text, index) => ({ cursor: index + 1, at: at(index + 1), text }));
/** Pages of two, as a store that cuts them by size. */
const reading = (entries: readonly Pick<LogEntry, 'cursor' | 'at' | 'text'>[], isOver = true): ReadPage => async (after) => {
  const left = entries.filter(({ cursor }) => cursor > after);
  return { entries: left.slice(0, 2), complete: isOver && left.length <= 2 };
};
const asked = (more: Partial<LogSearch>): LogSearch => ({ q: 'a', as: 'text', case: 'any', limit: 200, ...more });
const search = createLogSearch(30_000);

const all = async (read: ReadPage, wish: LogSearch): Promise<{ hits: LogHit[]; pages: number; count: number | undefined }> => {
  const hits = new Map<number, LogHit>();
  let count: number | undefined;
  for (let cursor: string | undefined, pages = 1; ; pages += 1) {
    const page = await search(read, { ...wish, cursor });
    for (const hit of page.items) hits.set(hit.line, hit);
    count ??= page.count?.lines;
    if (page.isAtEnd) return { hits: [...hits.values()], pages, count };
    cursor = page.nextCursor ?? '';
  }
};
const LOG = ['one error\ntwo\nthree ', 'Error and error\n', '\u001b[31mer\u001b[0mror 4\n', '10 %\r20 %\rerror 5\n', '', '', 'six'];

describe('a search through a log', () => {
  test('numbers lines over all pieces, sees what a reader sees, and tells when each line came', async () => {
    const { items, ...rest } = await search(reading(entriesOf(LOG)), asked({ q: 'error' }));
    expect(items).toEqual([
      { line: 1, at: at(1), text: 'one error', from: 0, spans: [[4, 9]] },
      { line: 3, at: at(1), text: 'three Error and error', from: 0, spans: [[6, 11], [16, 21]] },
      { line: 4, at: at(3), text: 'error 4', from: 0, spans: [[0, 5]] },
      { line: 5, at: at(4), text: 'error 5', from: 0, spans: [[0, 5]] },
    ]);
    expect(rest).toEqual({ count: { lines: 4, isWhole: true }, searchedLines: 5, nextCursor: null, isAtEnd: true });
  });

  test('minds the case when it is asked to, and takes nothing of a text for a pattern', async () => {
    expect((await search(reading(entriesOf(LOG)), asked({ q: 'Error', case: 'exact' }))).items.map(({ line }) => line)).toEqual([3]);
    expect((await search(reading(entriesOf(['a.c\nabc\n(((\n'])), asked({ q: 'a.c' }))).items.map(({ line }) => line)).toEqual([1]);
    expect((await search(reading(entriesOf(['a.c\nabc\n(((\n'])), asked({ q: '((' }))).items.map(({ line }) => line)).toEqual([3]);
  });

  test('by a pattern is in RE2 syntax, finds no nothing, and says what is wrong with one that is none', async () => {
    expect((await search(reading(entriesOf(LOG)), asked({ q: '^err.r \\d$', as: 'pattern' }))).items.map(({ line }) => line)).toEqual([4, 5]);
    expect((await search(reading(entriesOf(['bbb\n'])), asked({ q: 'a*', as: 'pattern' }))).items).toEqual([]);
    for (const q of ['(', '(?=x)', '(a)\\1', 'a{0,1000}a{0,1000}']) await expect(search(reading([]), asked({ q, as: 'pattern' }))).rejects.toThrow(/cannot be searched for/);
    const slow = performance.now();
    for (const [q, line] of [['(?:.*z)?', 'a'.repeat(8000)], ['(?:.*z)?\\b', 'a '.repeat(4000)]] as const) await expect(search(reading(entriesOf([`${line}\n`])), asked({ q, as: 'pattern' }))).rejects.toThrow(/say what must stand there/);
    expect((await search(reading(entriesOf([`${'a'.repeat(8000)}\n`])), asked({ q: '.*.{81}z|a', as: 'pattern' }))).items).toHaveLength(1);
    await search(reading(entriesOf([`${'a'.repeat(8000)}\n`])), asked({ q: '(a+)+$', as: 'pattern' }));
    expect(performance.now() - slow).toBeLessThan(10_000);
  });

  test('of a job that still prints goes on where the last line began', async () => {
    const growing = entriesOf(['error 1\nerr', 'or 2\n']);
    const first = await search(reading(growing.slice(0, 1), false), asked({ q: 'err' }));
    expect([first.items.map(({ line, text }) => [line, text]), first.isAtEnd]).toEqual([[[1, 'error 1'], [2, 'err']], true]);
    const second = await search(reading(growing, false), asked({ q: 'err', cursor: first.nextCursor ?? '' }));
    expect(second.items.map(({ line, text }) => [line, text])).toEqual([[2, 'error 2']]);
    expect((await search(reading(growing, false), asked({ q: 'err', cursor: second.nextCursor ?? '' }))).items).toEqual([]);
  });

  test('gets further with each call, however little time it has, and lets few in at once', async () => {
    const hurried = createLogSearch(0);
    const read = reading(entriesOf(['a\na\na\n', 'a\n']));
    const lines: number[] = [];
    for (let cursor: string | undefined; cursor !== 'over'; ) {
      const page = await hurried(read, asked({ cursor }));
      lines.push(...page.items.map(({ line }) => line));
      cursor = page.nextCursor ?? 'over';
    }
    expect(lines).toEqual([1, 2, 3, 4]);
    const many = await Promise.allSettled(Array.from({ length: 9 }, () => search(read, asked({}))));
    expect(many.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  });

  test('finds the same on pages of any size, wherever the pieces were cut', async () => {
    const parts = array(constantFrom('error', 'x', ' ', '\n', '\r\n', '\u001b[31m', 'ü🍊', 'y'.repeat(8190)), { maxLength: 40 });
    await assert(asyncProperty(parts, array(nat(), { maxLength: 6 }), nat({ max: 4 }), async (words, places, more) => {
      const whole = words.join('');
      const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].toSorted((a, b) => a - b);
      const pieces = ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
      const found = await all(reading(entriesOf(pieces)), asked({ q: 'error', limit: 1 + more }));
      const wanted = whole.includes('y') ? (await all(reading(entriesOf([whole])), asked({ q: 'error' }))).hits.map(({ line }) => line) : whole.split('\n').flatMap((line, index) => (visibleText(line).includes('error') ? [index + 1] : []));
      expect(found.hits.map(({ line }) => line)).toEqual(wanted);
      expect(found.count).toBe(wanted.length);
    }), { numRuns: 150 });
  });
});
