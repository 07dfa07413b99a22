/**
 * The language of `visible_if`: comparisons of inputs with literals, joined by `and`, `or`, `not`. One implementation
 * serves panel, API and agent, and nothing is ever evaluated as code. No library: the ones that exist either use
 * `new Function`, which the panel's content policy forbids, or are bigger than this file.
 *
 *   tls == true and (mode == "proxy" or port > 1024)      kind in ["a", "b"]      not tls
 */
import type { InputValue } from './manifest.ts';

export type Values = Readonly<Record<string, InputValue | undefined>>;

export type Expression =
  | { readonly kind: 'literal'; readonly value: InputValue }
  | { readonly kind: 'input'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression };

type Operator = 'and' | 'or' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';

export class ExpressionError extends Error {}

const TOKEN = /\s*(?:(==|!=|<=|>=|<|>|\(|\)|\[|\]|,)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)|([a-z][a-z0-9_]*))/y;

type Token = { readonly text: string; readonly kind: 'symbol' | 'string' | 'number' | 'word'; readonly at: number };

const tokenize = (source: string): Token[] => {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new ExpressionError(`unexpected character at ${at + 1}: ${source.slice(at, at + 10)}`);
    const [, symbol, double, single, number, word] = match;
    const text = symbol ?? double ?? single ?? number ?? word ?? '';
    const kind = symbol !== undefined ? 'symbol' : number !== undefined ? 'number' : word !== undefined ? 'word' : 'string';
    tokens.push({ text: kind === 'string' ? text.replace(/\\(.)/g, '$1') : text, kind, at });
  }
  return tokens;
};

const COMPARISONS = new Set<string>(['==', '!=', '<', '<=', '>', '>=', 'in']);

/** @throws ExpressionError with the place where the text stops making sense. */
export const parseExpression = (source: string): Expression => {
  const tokens = tokenize(source);
  let next = 0;
  const peek = () => tokens[next];
  const fail = (wanted: string): never => {
    const found = peek();
    throw new ExpressionError(found ? `expected ${wanted} at ${found.at + 1}, found "${found.text}"` : `expected ${wanted} at the end`);
  };
  const takes = (text: string): boolean => {
    const token = peek();
    if (!token || token.kind === 'string' || token.text !== text) return false;
    next += 1;
    return true;
  };
  const either = (): Expression => {
    let left = both();
    while (takes('or')) left = { kind: 'binary', operator: 'or', left, right: both() };
    return left;
  };
  const both = (): Expression => {
    let left = negation();
    while (takes('and')) left = { kind: 'binary', operator: 'and', left, right: negation() };
    return left;
  };
  const negation = (): Expression => (takes('not') ? { kind: 'not', operand: negation() } : comparison());
  const comparison = (): Expression => {
    const left = operand();
    const token = peek();
    if (!token || token.kind === 'string' || !COMPARISONS.has(token.text)) return left;
    next += 1;
    return { kind: 'binary', operator: token.text as Operator, left, right: operand() };
  };
  const list = (): Expression => {
    const items: Expression[] = [];
    while (!takes(']')) {
      items.push(operand());
      if (!takes(',') && peek()?.text !== ']') fail('"," or "]"');
    }
    return { kind: 'list', items };
  };
  const operand = (): Expression => {
    if (takes('(')) {
      const inner = either();
      return takes(')') ? inner : fail('")"');
    }
    if (takes('[')) return list();
    const token = peek() ?? fail('a value');
    if (token.kind === 'symbol') return fail('a value');
    next += 1;
    if (token.kind === 'string') return { kind: 'literal', value: token.text };
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.text === 'true' || token.text === 'false') return { kind: 'literal', value: token.text === 'true' };
    return { kind: 'input', id: token.text };
  };
  const whole = either();
  return next === tokens.length ? whole : fail('the end');
};

type Result = InputValue | undefined | readonly (InputValue | undefined)[];

const compare = (operator: Operator, left: Result, right: Result): boolean => {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (operator === 'in') return Array.isArray(right) && right.includes(left);
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const [a, b] = [left, right as typeof left];
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
};

const valueOf = (expression: Expression, values: Values): Result => {
  switch (expression.kind) {
    case 'literal': return expression.value;
    case 'input': return Object.hasOwn(values, expression.id) ? values[expression.id] : undefined;
    case 'list': return expression.items.map((item) => valueOf(item, values) as InputValue | undefined);
    case 'not': return !isTrue(expression.operand, values);
    case 'binary':
      if (expression.operator === 'and') return isTrue(expression.left, values) && isTrue(expression.right, values);
      if (expression.operator === 'or') return isTrue(expression.left, values) || isTrue(expression.right, values);
      return compare(expression.operator, valueOf(expression.left, values), valueOf(expression.right, values));
  }
};

/** An input that is missing, false, 0 or empty counts as false. */
export const isTrue = (expression: Expression, values: Values): boolean => {
  const value = valueOf(expression, values);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
};

/** The ids of the inputs that an expression looks at. */
export const inputsOf = (expression: Expression): string[] => {
  switch (expression.kind) {
    case 'literal': return [];
    case 'input': return [expression.id];
    case 'list': return expression.items.flatMap(inputsOf);
    case 'not': return inputsOf(expression.operand);
    case 'binary': return [...inputsOf(expression.left), ...inputsOf(expression.right)];
  }
};
