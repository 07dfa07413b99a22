/** What a schema cannot say about an input of a manifest. Each broken rule names the path of the field. */
import { RE2JS } from 're2js';
import { inputsOf, isListExpression, parseExpression, sourcesOf } from './expression.ts';
import { checkInputs, isReservedVariable, isReservedWord, isSensitive, variableOf } from './inputs.ts';
import type { Input, InputType } from './manifest.ts';

export type BrokenRule = { readonly path: readonly PropertyKey[]; readonly reason: string };
type Rule = (input: Input, earlier: readonly Input[]) => { at: readonly string[]; reason: string } | undefined;

const TEXT: readonly InputType[] = ['string', 'password', 'email'];
const NUMBER: readonly InputType[] = ['integer', 'port'];
const FITTING_TYPES = { pattern: TEXT, min_length: TEXT, max_length: TEXT, min_value: NUMBER, max_value: NUMBER } as const;

/** Linear time is still a second for a pattern like `a{0,1000}` ten times; a domain name takes 500. */
const LARGEST_PROGRAM = 2000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const hasOwnId: Rule = ({ id }, earlier) => (earlier.some((other) => other.id === id) ? { at: ['id'], reason: `two inputs have the id "${id}"` } : undefined);

const hasFreeVariable: Rule = ({ id }) => {
  if (isReservedWord(id)) return { at: ['id'], reason: `"${id}" is a word of the expression language; choose another id` };
  return isReservedVariable(variableOf(id)) ? { at: ['id'], reason: `the variable ${variableOf(id)} is reserved; choose another id` } : undefined;
};

/** What is wrong with an expression that may look at these inputs. */
export const expressionFault = (text: string, field: ExpressionField, earlier: readonly Input[]): string | undefined => {
  try {
    const expression = parseExpression(text);
    const known = inputsOf(expression).map((id) => ({ id, input: earlier.find((other) => other.id === id) }));
    const stranger = known.find(({ input }) => input === undefined);
    if (stranger) return `"${stranger.id}" is not an input above this one`;
    const secret = known.find(({ input }) => input && isSensitive(input));
    if (secret && (field === 'default_from' || field === 'choices_from')) return `"${secret.id}" is a secret; what follows from it would show it`;
    if (field === 'choices_from') return isListExpression(expression) ? undefined : 'it must come to a list, like ["a", "b"], @apps, or if … then [ … ] else [ … ]';
    // Only a list of choices may be other than what the agent sees: conditions come to the same everywhere.
    const source = sourcesOf(expression)[0];
    return source && `@${source} can only be used in choices_from`;
  } catch (error) {
    return reasonOf(error);
  }
};

const EXPRESSION_FIELDS = ['visible_if', 'required_if', 'enabled_if', 'default_from', 'choices_from'] as const;
type ExpressionField = (typeof EXPRESSION_FIELDS)[number] | 'when';

const hasSoundExpressions: Rule = (input, earlier) => {
  for (const field of EXPRESSION_FIELDS) {
    const text = input[field];
    const reason = text === undefined ? undefined : expressionFault(text, field, earlier);
    if (reason !== undefined) return { at: [field], reason };
  }
  return undefined;
};

const hasSoundPattern: Rule = ({ validation: { pattern } }) => {
  try {
    const size = pattern === undefined ? 0 : RE2JS.compile(pattern).programSize();
    return size > LARGEST_PROGRAM ? { at: ['validation', 'pattern'], reason: 'the pattern repeats too much; matching it would hold up everybody' } : undefined;
  } catch (error) {
    return { at: ['validation', 'pattern'], reason: `the pattern does not compile (RE2 syntax, no look-around or back-references): ${reasonOf(error)}` };
  }
};

const hasFittingValidation: Rule = ({ type, validation }) => {
  for (const [field, types] of Object.entries(FITTING_TYPES)) {
    if (validation[field as keyof typeof FITTING_TYPES] !== undefined && !types.includes(type)) return { at: ['validation', field], reason: `an input of type ${type} has no ${field}` };
  }
  const { min_length: shortest, max_length: longest, min_value: least, max_value: most } = validation;
  if (shortest !== undefined && longest !== undefined && shortest > longest) return { at: ['validation', 'min_length'], reason: 'min_length is greater than max_length' };
  if (least !== undefined && most !== undefined && least > most) return { at: ['validation', 'min_value'], reason: 'min_value is greater than max_value' };
  return undefined;
};

const hasChoices: Rule = ({ type, validation: { allowed_values: allowed }, choices_from: from }) => {
  if (allowed && from !== undefined) return { at: ['choices_from'], reason: 'it has both validation.allowed_values and choices_from; one of them says what can be chosen' };
  if (from !== undefined && type !== 'select') return { at: ['choices_from'], reason: `an input of type ${type} has no choices_from; make it a select` };
  return type === 'select' && !allowed && from === undefined ? { at: ['type'], reason: 'a select needs validation.allowed_values or choices_from' } : undefined;
};

const hasSoundDefault: Rule = (input) => {
  if (isSensitive(input) && input.default_from !== undefined) return { at: ['default_from'], reason: 'a secret has no default: everybody would know it' };
  if (input.default === undefined) return undefined;
  if (isSensitive(input)) return { at: ['default'], reason: 'a secret has no default: everybody would know it' };
  const { visible_if: _visible, required_if: _required, enabled_if: _enabled, default_from: _from, choices_from: _choices, ...alone } = input;
  const problem = checkInputs([alone], { [input.id]: input.default }).problems[0];
  return problem && { at: ['default'], reason: `the default ${problem.message}` };
};

/** In this order; only the first broken rule of an input is told, because the later ones rely on the earlier. */
const RULES: readonly Rule[] = [hasOwnId, hasFreeVariable, hasSoundPattern, hasFittingValidation, hasChoices, hasSoundExpressions, hasSoundDefault];

/** The first broken rule of an input. */
export const inputProblem = (input: Input, index: number, all: readonly Input[]): BrokenRule[] => {
  for (const rule of RULES) {
    const broken = rule(input, all.slice(0, index));
    if (broken) return [{ path: ['inputs', index, ...broken.at], reason: `input "${input.id}": ${broken.reason}` }];
  }
  return [];
};
