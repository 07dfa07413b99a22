import { createMasking } from '@citrus/kit-crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOutput, createProgressFilter, progressOf, type Piece, type Progress } from './output.ts';

const through = (pieces: readonly string[]): { text: string; progress: Progress[] } => {
  const progress: Progress[] = [];
  const filter = createProgressFilter((next) => progress.push(next));
  return { text: pieces.map((piece) => filter.push(piece)).join('') + filter.end(), progress };
};

describe('progress lines', () => {
  test.for([
    ['::progress 40 halfway', { percent: 40, text: 'halfway' }],
    ['::progress 100', { percent: 100, text: '' }],
    ['::progress 0 a  b', { percent: 0, text: 'a  b' }],
    ['::progress 101 too much', undefined],
    ['::progress -1 no', undefined],
    [' ::progress 1 indented', undefined],
    ['::progressive 1', undefined],
  ] as const)('%s', ([line, progress]) => {
    expect(progressOf(line)).toEqual(progress);
  });

  test('are taken out wherever the stream is cut; everything else stays', () => {
    const line = fc.constantFrom('::progress 10 ten', 'plain', '', '::progress', '::prog', 'x ::progress 5 no', '::progress 200 no');
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.integer({ min: 1, max: 9 }), (lines, isEnded, step) => {
        const text = lines.join('\n') + (isEnded ? '\n' : '');
        const pieces = Array.from({ length: Math.ceil(text.length / step) }, (_, index) => text.slice(index * step, (index + 1) * step));
        const { text: shown, progress } = through(pieces);
        expect(shown).toBe(text.replaceAll(/^::progress 10 ten(\n|$)/gm, ''));
        expect(progress).toHaveLength(text.split('\n').filter((each) => each === '::progress 10 ten').length);
      }),
    );
  });
});

describe('output', () => {
  test('leaves in pieces of at most 32 Ki characters, with nothing lost and no half characters', () => {
    const pieces: Piece[] = [];
    const output = createOutput(createMasking([]), (piece) => pieces.push(piece));
    const text = `${'é'.repeat(40_000)}${'😀'.repeat(40_000)}`;
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7_777) output.push(bytes.subarray(at, at + 7_777));
    output.end();
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    expect(pieces.every((piece) => piece.text.length <= 32 * 1024 && piece.text.isWellFormed())).toBe(true);
  });

  test('replaces what is no text', () => {
    const pieces: Piece[] = [];
    const output = createOutput(createMasking([]), (piece) => pieces.push(piece));
    output.push(Buffer.from([0x61, 0, 0xff, 0x62]));
    output.end();
    expect(pieces).toEqual([{ text: 'a\u{fffd}\u{fffd}b' }]);
  });
});
