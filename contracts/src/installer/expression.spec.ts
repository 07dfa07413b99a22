import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choicesFrom, DEEPEST_EXPRESSION, ExpressionError, inputsOf, isListExpression, isTrue, LONGEST_EXPRESSION, parseExpression, printExpression, SOURCES, valueFrom, WORDS, type Expression } from './expression.ts';

const literal = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.boolean(), fc.integer({ min: -1e15, max: 1e15 }), fc.integer({ min: -999_999, max: 999_999 }).map((number) => number / 1000 + 0));
const id = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/).filter((word) => !WORDS.has(word));
const tree = fc.letrec<{ any: Expression }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant('literal' as const), value: literal }),
    fc.record({ kind: fc.constant('input' as const), id }),
    fc.record({ kind: fc.constant('source' as const), name: fc.constantFrom(...SOURCES) }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('any'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('not' as const), operand: tie('any') }),
    fc.record({ kind: fc.constant('if' as const), condition: tie('any'), consequence: tie('any'), otherwise: tie('any') }),
    fc.record({ kind: fc.constant('binary' as const), operator: fc.constantFrom('and' as const, 'or' as const, '==' as const, '!=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const, 'in' as const, '+' as const), left: tie('any'), right: tie('any') }),
  ),
})).any;
const values = fc.dictionary(fc.oneof(id, fc.constantFrom('__proto__', 'constructor', 'toString')), literal);
/** Texts that look like the language, and any others. */
const source = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.constantFrom('and', 'or', 'not', 'if', 'then', 'else', 'in', '(', ')', '[', ']', ',', '+', '==', '<', '"', '\'', '\\', '"a"', '1', '-1', '1.5', 'mode', 'tls', '@servers', '@', ' ', '\n', '\u2028', '__proto__', '.', 'constructor'), { maxLength: 60 }).map((parts) => parts.join(' ')),
);
const isFit = (expression: Expression): boolean => printExpression(expression).length <= LONGEST_EXPRESSION;
const parsedOr = (text: string): Expression | undefined => {
  try {
    return parseExpression(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionError);
    return undefined;
  }
};

describe('every text', () => {
  test('is an expression or an ExpressionError, and nothing else', () => {
    fc.assert(fc.property(source, values, (text, given) => {
      const expression = parsedOr(text);
      if (expression) expect(typeof isTrue(expression, given)).toBe('boolean');
    }), { numRuns: 1500 });
  });
  test('that can be read is read again from what it prints as', () => {
    fc.assert(fc.property(source, (text) => {
      const expression = parsedOr(text);
      if (expression && isFit(expression)) expect(parseExpression(printExpression(expression))).toEqual(expression);
    }), { numRuns: 1500 });
  });
  test.each(['('.repeat(LONGEST_EXPRESSION), 'not '.repeat(250) + 'a', '['.repeat(500), 'if a then '.repeat(90), 'a'.repeat(LONGEST_EXPRESSION + 1), `${'('.repeat(DEEPEST_EXPRESSION)}a${')'.repeat(DEEPEST_EXPRESSION)}`])('that goes too far is refused: %.20s', (text) => {
    expect(() => parseExpression(text)).toThrow(ExpressionError);
  });
  test('that is long, but flat, is read', () => {
    const text = Array.from({ length: 140 }, () => 'a').join(' or ') + ' or b';
    expect(isTrue(parseExpression(text), { b: true })).toBe(true);
    expect(printExpression(parseExpression(text))).toBe(text);
  });
});

describe('every tree', () => {
  test('prints as a text that is read as the same tree', () => {
    fc.assert(fc.property(tree.filter(isFit), (expression) => {
      expect(parseExpression(printExpression(expression))).toEqual(expression);
    }), { numRuns: 1500 });
  });
  test('comes to something, whatever the values are, and to the same every time', () => {
    fc.assert(fc.property(tree, values, (expression, given) => {
      const once = [isTrue(expression, given), valueFrom(expression, given), choicesFrom(expression, given)];
      expect([isTrue(expression, given), valueFrom(expression, given), choicesFrom(expression, given)]).toEqual(once);
      const value = once[1];
      expect(value === undefined || ['string', 'number', 'boolean'].includes(typeof value)).toBe(true);
    }), { numRuns: 800 });
  });
  test('looks at nothing but the inputs that it names', () => {
    fc.assert(fc.property(tree, values, (expression, given) => {
      const named = new Set(inputsOf(expression));
      const only = Object.fromEntries(Object.entries(given).filter(([key]) => named.has(key)));
      expect(isTrue(expression, given)).toBe(isTrue(expression, only));
    }), { numRuns: 500 });
  });
});

describe('choices', () => {
  const choices = (text: string, given = {}, sources = {}) => choicesFrom(parseExpression(text), given, sources);
  test('depend on other answers', () => {
    const text = 'if engine == "postgresql" then ["16", "17"] else ["10.11", "11.4"]';
    expect([choices(text, { engine: 'postgresql' }), choices(text, { engine: 'mariadb' })]).toEqual([['16', '17'], ['10.11', '11.4']]);
  });
  test('come from what the system knows, each once; where it does not know there are none to compare with', () => {
    expect(choices('["none", @apps, "none"]', {}, { apps: ['nginx', 'redis'] })).toEqual(['none', 'nginx', 'redis']);
    expect(choices('["none", @apps]')).toBeUndefined();
  });
  test('are lists', () => {
    expect(['[1]', '@apps', 'if a then [1] else @apps', '1', 'a', 'if a then [1] else 2', '[1] + [2]'].map((text) => isListExpression(parseExpression(text)))).toEqual([true, true, true, false, false, false, false]);
  });
});
