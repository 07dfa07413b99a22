/**
 * From the text of an expression to its tree, and back. A recursive descent with a limit to length and depth; whatever
 * the text is, it ends with a tree or with an `ExpressionError` that names the place.
 *
 *   expression := "if" expression "then" expression "else" expression | both ("or" both)*
 *   both := negation ("and" negation)*            negation := "not" negation | comparison
 *   comparison := sum (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") sum)?      sum := operand ("+" operand)*
 *   operand := "(" expression ")" | "[" (expression ("," expression)*)? "]" | text | number | "true" | "false" | input | "@" source
 *   In a bundle an input is "inputs." input or "outputs." app "." NAME, and nothing else.
 */
import type { InputValue } from './manifest.ts';

export type Operator = 'and' | 'or' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+';
/** Lists that the system knows. */
export const SOURCES = ['servers', 'apps', 'addresses', 'versions'] as const;
export type Source = (typeof SOURCES)[number];

export type Expression =
  | { readonly kind: 'literal'; readonly value: InputValue }
  | { readonly kind: 'input'; readonly id: string }
  | { readonly kind: 'source'; readonly name: Source }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'if'; readonly condition: Expression; readonly consequence: Expression; readonly otherwise: Expression }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression };

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export const LONGEST_EXPRESSION = 1000;
export const DEEPEST_EXPRESSION = 40;
/** Above it a number would be printed otherwise than it is written. */
const LARGEST_NUMBER = 1_000_000_000_000_000;

/** Words of the language; an input cannot be named like one. */
export const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'if', 'then', 'else', 'true', 'false']);
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);

const LITERALS = String.raw`\s*(?:(==|!=|<=|>=|<|>|\(|\)|\[|\]|,|\+)|"((?:[^"\\]|\\["\\])*)"|'((?:[^'\\]|\\['\\])*)'|(-?\d{1,16}(?:\.\d{1,6})?)(?![\w.])|@([a-z]+)|`;
const WORD = '[a-z][a-z0-9_]*';
const PATH = String.raw`(?:inputs\.[a-z][a-z0-9_]*|outputs\.[a-z][a-z0-9_]*\.[A-Z][A-Z0-9_]*)(?![\w.])`;
const TOKEN = new RegExp(`${LITERALS}(${WORD}))`, 'y');
const TOKEN_OF_BUNDLES = new RegExp(`${LITERALS}(${PATH}|${WORD}))`, 'y');

type Token = { readonly text: string; readonly kind: 'symbol' | 'text' | 'number' | 'source' | 'word'; readonly at: number };

const tokenOf = ([, symbol, double, single, number, source, word]: RegExpExecArray, at: number): Token => {
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, at };
  if (number !== undefined) return { kind: 'number', text: number, at };
  if (source !== undefined) return { kind: 'source', text: source, at };
  if (word !== undefined) return { kind: 'word', text: word, at };
  return { kind: 'text', text: (double ?? single ?? '').replace(/\\(.)/gs, '$1'), at };
};

const tokenize = (source: string, pattern: RegExp): Token[] => {
  if (source.length > LONGEST_EXPRESSION) throw new ExpressionError(`it is longer than ${LONGEST_EXPRESSION} characters`);
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex;
    const at = from + (source.slice(from).length - source.slice(from).trimStart().length);
    const match = pattern.exec(source);
    if (!match) throw new ExpressionError(`unexpected character at ${at + 1}: ${source.slice(at, at + 10)}`);
    tokens.push(tokenOf(match, at));
  }
  return tokens;
};

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  readonly #isOfBundle: boolean;

  constructor(source: string, isOfBundle: boolean) {
    this.#isOfBundle = isOfBundle;
    this.#tokens = tokenize(source, isOfBundle ? TOKEN_OF_BUNDLES : TOKEN);
  }

  whole(): Expression {
    const expression = this.#expression();
    return this.#next === this.#tokens.length ? expression : this.#fail('the end');
  }

  #fail(wanted: string): never {
    const found = this.#tokens[this.#next];
    throw new ExpressionError(found ? `expected ${wanted} at ${found.at + 1}, found "${found.text}"` : `expected ${wanted} at the end`);
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#next];
    if (!token || (token.kind !== 'symbol' && token.kind !== 'word') || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #wants(text: string): void {
    if (!this.#takes(text)) this.#fail(`"${text}"`);
  }

  #deeper<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEEPEST_EXPRESSION) throw new ExpressionError(`it is nested deeper than ${DEEPEST_EXPRESSION}`);
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  #expression(): Expression {
    return this.#deeper(() => (this.#takes('if') ? this.#choice() : this.#chain('or', () => this.#chain('and', () => this.#negation()))));
  }

  #choice(): Expression {
    const condition = this.#expression();
    this.#wants('then');
    const consequence = this.#expression();
    this.#wants('else');
    return { kind: 'if', condition, consequence, otherwise: this.#expression() };
  }

  #chain(operator: 'or' | 'and' | '+', part: () => Expression): Expression {
    let left = part();
    while (this.#takes(operator)) left = { kind: 'binary', operator, left, right: part() };
    return left;
  }

  #negation(): Expression {
    return this.#takes('not') ? { kind: 'not', operand: this.#deeper(() => this.#negation()) } : this.#comparison();
  }

  #comparison(): Expression {
    const left = this.#sum();
    const token = this.#tokens[this.#next];
    if (!token || (token.kind !== 'symbol' && token.kind !== 'word') || !COMPARISONS.has(token.text)) return left;
    this.#next += 1;
    return { kind: 'binary', operator: token.text as Operator, left, right: this.#sum() };
  }

  #sum(): Expression {
    return this.#chain('+', () => this.#operand());
  }

  #list(): Expression {
    const items: Expression[] = [];
    if (this.#takes(']')) return { kind: 'list', items };
    do items.push(this.#expression()); while (this.#takes(','));
    if (!this.#takes(']')) this.#fail('"," or "]"');
    return { kind: 'list', items };
  }

  #operand(): Expression {
    if (this.#takes('(')) {
      const inner = this.#expression();
      this.#wants(')');
      return inner;
    }
    if (this.#takes('[')) return this.#list();
    const token = this.#tokens[this.#next];
    if (!token || token.kind === 'symbol') return this.#fail('a value');
    const leaf = this.#leaf(token);
    this.#next += 1;
    return leaf;
  }

  #leaf({ kind, text }: Token): Expression {
    if (kind === 'text') return { kind: 'literal', value: text };
    // Adding 0 makes of -0 the 0 that it prints as.
    if (kind === 'number') return Math.abs(Number(text)) <= LARGEST_NUMBER ? { kind: 'literal', value: Number(text) + 0 } : this.#fail(`a number up to ${LARGEST_NUMBER}`);
    if (kind === 'source') {
      const name = SOURCES.find((each) => each === text);
      return name ? { kind: 'source', name } : this.#fail(`one of ${SOURCES.map((each) => `@${each}`).join(', ')}`);
    }
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' };
    if (this.#isOfBundle && !text.includes('.')) return this.#fail('inputs.<id> or outputs.<app>.<NAME>');
    return WORDS.has(text) ? this.#fail('a value') : { kind: 'input', id: text };
  }
}

/** @throws ExpressionError with the place where the text stops making sense. */
export const parseExpression = (source: string): Expression => new Parser(source, false).whole();

/** The same language in a bundle, where names are `inputs.<id>` and `outputs.<app>.<NAME>`. @throws ExpressionError */
export const parseBundleExpression = (source: string): Expression => new Parser(source, true).whole();

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/** How tightly the outermost part of an expression binds. */
const BINDS: Readonly<Record<Operator, number>> = { or: 1, and: 2, '==': 4, '!=': 4, '<': 4, '<=': 4, '>': 4, '>=': 4, in: 4, '+': 5 };
const SINGLE = 6;
const bindingOf = (expression: Expression): number => {
  if (expression.kind === 'if') return 0;
  if (expression.kind === 'not') return 3;
  return expression.kind === 'binary' ? BINDS[expression.operator] : SINGLE;
};

/** In parentheses only where it would be read otherwise, so that printing never nests deeper than what was read. */
const printPart = (part: Expression, atLeast: number): string => (bindingOf(part) < atLeast ? `(${printExpression(part)})` : printExpression(part));

const printBinary = ({ operator, left, right }: Extract<Expression, { kind: 'binary' }>): string => {
  const own = BINDS[operator];
  return `${printPart(left, COMPARISONS.has(operator) ? own + 1 : own)} ${operator} ${printPart(right, own + 1)}`;
};

/** The text that parses to this tree. */
export const printExpression = (expression: Expression): string => {
  switch (expression.kind) {
    case 'literal': return typeof expression.value === 'string' ? quoted(expression.value) : String(expression.value);
    case 'input': return expression.id;
    case 'source': return `@${expression.name}`;
    case 'list': return `[${expression.items.map(printExpression).join(', ')}]`;
    case 'not': return `not ${printPart(expression.operand, 3)}`;
    case 'if': return `if ${printExpression(expression.condition)} then ${printExpression(expression.consequence)} else ${printExpression(expression.otherwise)}`;
    case 'binary': return printBinary(expression);
  }
};
