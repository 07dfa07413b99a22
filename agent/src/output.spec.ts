import { createMasking } from '@citrus/kit-crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineFilter, createOutput, saidIn, type Piece, type Progress } from './output.ts';

const through = (pieces: readonly string[]): { text: string; progress: Progress[] } => {
  const progress: Progress[] = [];
  const filter = createLineFilter((said) => 'progress' in said && progress.push(said.progress));
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
    expect(saidIn(line)).toEqual(progress && { progress });
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

describe('output lines', () => {
  test.for([
    ['::output URL https://example.com/ a', { name: 'URL', value: 'https://example.com/ a' }],
    ['::output A_1 ', { name: 'A_1', value: '' }],
    ['::output lower x', undefined],
    ['::output URL', undefined],
    [`::output URL ${'x'.repeat(1001)}`, undefined],
  ] as const)('%s', ([line, output]) => {
    expect(saidIn(line)).toEqual(output && { output });
  });

  test('hand on what the manifest declares, masked, the last value of each, and are not shown', () => {
    const pieces: Piece[] = [];
    const output = createOutput(createMasking(['geheimnis-7']), (piece) => pieces.push(piece), ['URL', 'KEY']);
    output.push(Buffer.from('::output URL one\na\n::output URL two\n::output KEY x geheimnis-7\n::output OTHER no\n'));
    output.end();
    expect(output.values()).toEqual({ URL: 'two', KEY: 'x ********' });
    expect(pieces.map(({ text }) => text).join('')).toBe('a\n');
  });
});

describe('what a terminal would obey', () => {
  test.for([
    ['a clipboard', '\u001b]52;c;aGk=\u0007'],
    ['a title', '\u001b]0;root@bank\u001b\\'],
    ['a link', '\u001b]8;;https://evil.example\u001b\\'],
    ['a cleared screen', '\u001b[2J\u001b[H'],
    ['a bell, a backspace, a delete', '\u0007\u0008\u007f'],
    ['a C1 control', '\u009b2J'.slice(0, 1)],
    ['a terminal that is reset', '\u001bc'],
  ] as const)('%s is taken out, wherever the stream is cut', ([, hostile]) => {
    const text = `before ${hostile}after \u001b[1;31mred\u001b[0m\n`;
    for (let cut = 1; cut < Buffer.byteLength(text); cut += 1) {
      const pieces: Piece[] = [];
      const output = createOutput(createMasking([]), (piece) => pieces.push(piece));
      output.push(Buffer.from(text).subarray(0, cut));
      output.push(Buffer.from(text).subarray(cut));
      output.end();
      expect(pieces.map((piece) => piece.text).join('')).toBe('before after \u001b[1;31mred\u001b[0m\n');
    }
  });

  test('hides no secret from the masking', () => {
    const pieces: Piece[] = [];
    const output = createOutput(createMasking(['geheimnis-7']), (piece) => pieces.push(piece));
    output.push(Buffer.from('gehe\u0007im\u001b[Knis-\u00007? geh\u001b]0;x\u0007eimnis-7\n'));
    output.end();
    expect(pieces.map((piece) => piece.text).join('')).toBe('geheimnis-\u{fffd}7? ********\n');
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
