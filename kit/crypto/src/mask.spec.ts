import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formsOf } from './mask-forms.ts';
import { createMasking, MASK } from './mask.ts';

/** Cuts a text at the given places. */
const cut = (text: string, places: readonly number[]): string[] => {
  const points = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return points.slice(1).map((point, index) => text.slice(points[index], point));
};
const mask = (secrets: readonly string[], pieces: readonly string[]): string => {
  const masker = createMasking(secrets).stream();
  return pieces.map((piece) => masker.push(piece)).join('') + masker.end();
};
const PEM = `-----BEGIN PRIVATE KEY-----\n${Array.from({ length: 26 }, (_, line) => Buffer.from(`${line}`.repeat(60)).toString('base64').slice(0, 64)).join('\n')}\nQ2l0cnVz\n-----END PRIVATE KEY-----\n`;
const SECRETS = [`it's "a" sécret & more`, 'p4ss/w+rd==', 'ключ від дому', '$HOME `id` \\ !', '  spaces  ', '😀😀 emoji', 'tab\tand \u{1b}[31m', 'https://u:p@h/?a=b&c=d', PEM];
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a masked stream', () => {
  test('is the same however the text is cut, and holds no secret', () => {
    const secret = fc.string({ minLength: 4, maxLength: 8, unit: fc.constantFrom('a', 'b', 'c', '\n') }).filter((each) => each.trim().length >= 4);
    const noise = fc.string({ maxLength: 80, unit: fc.constantFrom('a', 'b', 'x', '\n') });
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), fc.array(noise), fc.array(fc.nat(), { maxLength: 8 }), (secrets, noises, places) => {
        const text = noises.map((part, index) => part + (secrets[index % secrets.length] ?? '')).join('');
        const whole = mask(secrets, [text]);
        expect(mask(secrets, cut(text, places))).toBe(whole);
        for (const each of secrets) expect(whole).not.toContain(each);
      }),
      { numRuns: 400 },
    );
  });

  test('masks every form of a secret at every cut', () => {
    for (const secret of SECRETS.slice(0, -1)) {
      const masking = createMasking([secret]);
      for (const form of formsOf([secret])) {
        const text = `<${form}>`;
        const whole = masking.mask(text);
        expect(whole).toContain(MASK);
        expect(whole).not.toContain(form);
        for (let place = 1; place < text.length; place += 1) {
          const stream = masking.stream();
          expect(stream.push(text.slice(0, place)) + stream.push(text.slice(place)) + stream.end()).toBe(whole);
        }
      }
    }
  });

  test('changes nothing where there is no secret', () => {
    const masking = createMasking(['never-there-0', PEM]);
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('A', 'b', '9', '+', '\n', ' '), maxLength: 300 }));
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (each, places) => {
        const stream = masking.stream();
        expect(cut(each, places).map((piece) => stream.push(piece)).join('') + stream.end()).toBe(each);
      }),
      { numRuns: 300 },
    );
  });

  test('holds back no more than what may become a secret', () => {
    const masker = createMasking(['correct horse']).stream();
    expect(masker.push('nothing of it\n')).toBe('nothing of it\n');
    expect(masker.push('the correct hor')).toBe('the ');
    expect(masker.push('nets')).toBe('correct hornets');
    expect(masker.push(`${'A'.repeat(76)}\n`)).toBe('A'.repeat(76));
    expect(masker.push('x')).toBe('\nx');
  });
});

describe('a secret in other clothes', () => {
  /** With how many characters around it are not the secret's. */
  const clothes: Record<string, readonly [wear: (secret: string) => string, others?: number]> = {
    'as it is': [(secret) => secret],
    'in JSON': [(secret) => JSON.stringify(secret), 2],
    'in JSON in JSON': [(secret) => JSON.stringify(JSON.stringify(secret)), 8],
    'URL-encoded': [encodeURIComponent],
    'as a URL': [encodeURI],
    'URL-encoded in lower case': [(secret) => encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (each) => each.toLowerCase())],
    'as a form': [(secret) => new URLSearchParams({ a: secret }).toString().slice(2)],
    'in hex': [(secret) => Buffer.from(secret).toString('hex')],
    'in upper-case hex': [(secret) => Buffer.from(secret).toString('hex').toUpperCase()],
    'in upper case': [(secret) => secret.toUpperCase()],
    'in upper case, as far as it is ASCII': [(secret) => secret.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())],
    'in the quotes of a shell': [(secret) => `'${secret.replaceAll("'", String.raw`'\''`)}'`, 2],
    'in double quotes': [(secret) => `"${secret.replaceAll(/["$`\\]/g, String.raw`\$&`)}"`, 2],
    'in HTML': [(secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')],
    'line by line': [(secret) => secret.split('\n').map((line) => `  | ${line}`).join('\n'), 200],
    'in base64': [base64, 4],
    'in base64url': [(secret) => Buffer.from(secret).toString('base64url'), 1],
    'in base64 behind one character': [(secret) => base64(`x${secret}`), 6],
    'in base64 behind two and before others': [(secret) => base64(`xy${secret} and more`), 20],
    'in the lines of base64': [(secret) => base64(`user:${secret}:group`).replaceAll(/.{76}/g, '$&\n'), 20],
    'in the lines of openssl': [(secret) => base64(`xyuser:${secret}`).replaceAll(/.{64}/g, '$&\n'), 14],
    'in the lines of xxd': [(secret) => Buffer.from(`12345678901234567890${secret}`).toString('hex').replaceAll(/.{60}/g, '$&\n'), 41],
  };
  test.for(Object.entries(clothes))('%s', ([, [wear, others = 0]]) => {
    for (const secret of SECRETS) {
      const masked = mask([secret], [`before ${wear(secret)} after`]);
      expect(masked.startsWith('before ') && masked.endsWith(' after')).toBe(true);
      expect(masked).toContain(MASK);
      const kept = masked.slice('before '.length, -' after'.length).replaceAll(MASK, '').replaceAll(/\s/g, '');
      expect(kept.length, kept).toBeLessThanOrEqual(others);
    }
  });

  test('keeps the lines around it', () => {
    const line = 'A'.repeat(76);
    expect(mask(['s3cret-value'], [`${line}\ns3cret-value\n${line}\nend\n`])).toBe(`${line}\n${MASK}\n${line}\nend\n`);
  });
});

describe('secrets', () => {
  test('that overlap or touch are masked as one', () => {
    expect(mask(['abcd', 'cdef'], ['abc', 'def'])).toBe(MASK);
    expect(mask(['abcd'], ['abcda', 'bcd'])).toBe(MASK);
  });

  test('that are too short are left alone, and one that is a common word takes only that word', () => {
    expect(mask(['', 'a', 'abc', '   '], ['a cab, abc'])).toBe('a cab, abc');
    expect(mask(['password'], ['the password of passwords is passed on'])).toBe(`the ${MASK} of ${MASK}s is passed on`);
  });

  test('of many lines are masked line by line, and so is a long part of a long one', () => {
    for (const line of PEM.trim().split('\n')) expect(mask([PEM], [`line: ${line}!`])).toBe(`line: ${MASK}!`);
    const long = 'abcdefghij'.repeat(300);
    expect(mask([long], [`<${long}>`])).toBe(`<${MASK}>`);
    expect(mask([long], [long.slice(0, 1280)])).not.toContain('abcdefghij'.repeat(14));
  });
});
