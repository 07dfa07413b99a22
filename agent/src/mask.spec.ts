import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MASK, createMasker } from './mask.ts';

/** Cuts a text at the given places. */
const cut = (text: string, places: readonly number[]): string[] => {
  const points = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return points.slice(1).map((point, index) => text.slice(points[index], point));
};
const mask = (secrets: readonly string[], pieces: readonly string[]): string => {
  const masker = createMasker(secrets);
  return pieces.map((piece) => masker.push(piece)).join('') + masker.end();
};

describe('a masked stream', () => {
  test('is the same however the text is cut, and holds no secret', () => {
    const secret = fc.string({ minLength: 4, maxLength: 8, unit: fc.constantFrom('a', 'b', 'c', '\n') });
    const noise = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'x', '\n') });
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), fc.array(noise), fc.array(fc.nat(), { maxLength: 8 }), (secrets, noises, places) => {
        const text = noises.map((part, index) => part + (secrets[index % secrets.length] ?? '')).join('');
        const whole = mask(secrets, [text]);
        expect(mask(secrets, cut(text, places))).toBe(whole);
        for (const each of secrets) expect(whole).not.toContain(each);
      }),
      { numRuns: 300 },
    );
  });

  test('changes nothing where there is no secret', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.nat()), (text, places) => {
        expect(mask(['never-there-0'], cut(text, places))).toBe(text);
      }),
    );
  });

  test('knows a secret in other clothes', () => {
    const secret = `it's "a" sécret & more`;
    const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret), Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex'), `'${secret.replaceAll("'", String.raw`'\''`)}'`];
    for (const form of forms) {
      const masked = mask([secret], [`before ${form} after`]);
      expect(masked).toContain(MASK);
      expect(masked).not.toContain('cret');
      expect(masked.startsWith('before ') && masked.endsWith(' after')).toBe(true);
    }
  });

  test('masks each line of a key by itself, and two secrets that overlap as one', () => {
    expect(mask(['-----BEGIN-----\nMIIEow\n-----END-----'], ['line: MIIEow!'])).toBe(`line: ${MASK}!`);
    expect(mask(['abcd', 'cdef'], ['abc', 'def'])).toBe(MASK);
  });
});
