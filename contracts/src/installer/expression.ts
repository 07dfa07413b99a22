/**
 * What an expression of a manifest comes to: conditions, defaults and choices over the inputs above (ADR 0035). One
 * implementation serves panel, API, CLI and agent, and nothing is ever evaluated as code. Total: every expression comes
 * to something with any values, within a bounded number of steps. No library: the ones that exist either use
 * `new Function`, which the panel's content policy forbids, or are bigger than this.
 */
import { type Expression, type Operator, type Source } from './expression-parser.ts';
import type { InputValue } from './manifest.ts';

export { DEEPEST_EXPRESSION, ExpressionError, LONGEST_EXPRESSION, parseBundleExpression, parseExpression, printExpression, SOURCES, WORDS, type Expression, type Source } from './expression-parser.ts';

export type Values = Readonly<Record<string, InputValue | undefined>>;
/** What the lists of the system hold here; one that is not known is left out. */
export type Sources = Readonly<Partial<Record<Source, readonly string[]>>>;
type Result = InputValue | undefined | readonly InputValue[];
type Scope = { readonly values: Values; readonly sources: Sources };

export const MOST_CHOICES = 500;
const LONGEST_TEXT = 65_536;

const isList = (value: Result): value is readonly InputValue[] => Array.isArray(value);
const textOf = (value: InputValue | undefined): string => (value === undefined ? '' : String(value));

/** Numbers are added, anything else is put together as text; a list cannot be added. */
const sum = (left: Result, right: Result): Result => {
  if (isList(left) || isList(right)) return undefined;
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  return `${textOf(left)}${textOf(right)}`.slice(0, LONGEST_TEXT);
};

const compare = (operator: Operator, left: Result, right: Result): boolean => {
  if (operator === 'in') return isList(right) && !isList(left) && left !== undefined && right.includes(left);
  if (isList(left) || isList(right)) return false;
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const [a, b] = [left, right as typeof left];
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
};

const binary = ({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, scope: Scope): Result => {
  if (operator === 'and') return truth(valueOf(left, scope)) && truth(valueOf(right, scope));
  if (operator === 'or') return truth(valueOf(left, scope)) || truth(valueOf(right, scope));
  const [a, b] = [valueOf(left, scope), valueOf(right, scope)];
  return operator === '+' ? sum(a, b) : compare(operator, a, b);
};

/** A list in a list gives its items to it. */
const itemsOf = (items: readonly Expression[], scope: Scope): readonly InputValue[] =>
  items.flatMap((item) => valueOf(item, scope) ?? []).slice(0, MOST_CHOICES);

const valueOf = (expression: Expression, scope: Scope): Result => {
  switch (expression.kind) {
    case 'literal': return expression.value;
    case 'input': return Object.hasOwn(scope.values, expression.id) ? scope.values[expression.id] : undefined;
    case 'source': return scope.sources[expression.name]?.slice(0, MOST_CHOICES);
    case 'list': return itemsOf(expression.items, scope);
    case 'not': return !truth(valueOf(expression.operand, scope));
    case 'if': return valueOf(truth(valueOf(expression.condition, scope)) ? expression.consequence : expression.otherwise, scope);
    case 'binary': return binary(expression, scope);
  }
};

/** What is missing, false, 0 or empty counts as false. */
const truth = (value: Result): boolean => (isList(value) ? value.length > 0 : Boolean(value));

export const isTrue = (expression: Expression, values: Values, sources: Sources = {}): boolean => truth(valueOf(expression, { values, sources }));

/** One value; undefined where it comes to nothing or to a list. */
export const valueFrom = (expression: Expression, values: Values, sources: Sources = {}): InputValue | undefined => {
  const value = valueOf(expression, { values, sources });
  return isList(value) ? undefined : value;
};

/** The choices; undefined where they are not known here. */
export const choicesFrom = (expression: Expression, values: Values, sources: Sources = {}): readonly InputValue[] | undefined => {
  const isUnknown = sourcesOf(expression).some((source) => sources[source] === undefined);
  const value = isUnknown ? undefined : valueOf(expression, { values, sources });
  return isList(value) ? [...new Set(value)] : undefined;
};

const partsOf = (expression: Expression): readonly Expression[] => {
  switch (expression.kind) {
    case 'literal': case 'input': case 'source': return [];
    case 'list': return expression.items;
    case 'not': return [expression.operand];
    case 'if': return [expression.condition, expression.consequence, expression.otherwise];
    case 'binary': return [expression.left, expression.right];
  }
};

/** The ids of the inputs that an expression looks at. */
export const inputsOf = (expression: Expression): string[] => (expression.kind === 'input' ? [expression.id] : partsOf(expression).flatMap(inputsOf));

export const sourcesOf = (expression: Expression): Source[] => (expression.kind === 'source' ? [expression.name] : partsOf(expression).flatMap(sourcesOf));

/** Whether it comes to a list whatever the values are; only that can be chosen from. */
export const isListExpression = (expression: Expression): boolean =>
  expression.kind === 'list' || expression.kind === 'source' || (expression.kind === 'if' && isListExpression(expression.consequence) && isListExpression(expression.otherwise));
