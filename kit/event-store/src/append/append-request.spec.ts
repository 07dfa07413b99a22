import { Token } from '@citrus/contracts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { context } from '../log.fixture.ts';
import { createUpcaster } from '../version/event-versions.ts';
import { encodeAppend, TOKEN } from './append-request.ts';

const SURROUNDED = fc.tuple(fc.constantFrom('', '\n', ' ', 'a'), fc.stringMatching(/^[A-Za-z0-9_-]{0,130}$/), fc.constantFrom('', '\n', '.', '\u0000')).map((parts) => parts.join(''));

describe('a name in an append', () => {
  test('is a token here when it is one to the contracts', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), SURROUNDED), (text) => {
      expect(TOKEN.test(text)).toBe(Token.safeParse(text).success);
    }));
  });

  test('is refused in words that quote no more than its beginning', () => {
    const refusal = (stream: unknown, type: unknown) => () => encodeAppend({ stream: stream as string, expected: 'any', events: [{ type: type as string, data: {} }] }, context(), createUpcaster());
    for (const stream of [undefined, null, 7, {}, ['a-1'], 'a-1\n', `a-${'x'.repeat(127)}`]) expect(refusal(stream, 'Added'), JSON.stringify(stream)).toThrow(/^a stream is named <aggregate>-<id> .{0,130}$/);
    for (const type of [undefined, null, 7, ['Added'], 'Added\n', 'x'.repeat(129)]) expect(refusal('a-1', type), JSON.stringify(type)).toThrow(/^a-1: an event's type is one NATS token.{0,90}$/);
    expect(refusal(`a-${'x'.repeat(126)}`, 'x'.repeat(128))).not.toThrow();
  });
});
