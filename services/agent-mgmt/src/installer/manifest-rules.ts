/** What a schema cannot say about a manifest: rules between its fields. Each broken one names the path of the field. */
import { checkInputs, inputsOf, isReservedVariable, isSensitive, parseExpression, variableOf, type Input, type InputType, type InstallerManifest } from '@citrus/contracts';
import { RE2JS } from 're2js';

export type BrokenRule = { readonly path: readonly PropertyKey[]; readonly reason: string };
type Rule = (input: Input, earlier: readonly Input[]) => { at: readonly string[]; reason: string } | undefined;

const TEXT: readonly InputType[] = ['string', 'password', 'email'];
const NUMBER: readonly InputType[] = ['integer', 'port'];
const FITTING_TYPES = { pattern: TEXT, min_length: TEXT, max_length: TEXT, min_value: NUMBER, max_value: NUMBER } as const;

/** Linear time is still a second for a pattern like `a{0,1000}` ten times; a domain name takes 500. */
const LARGEST_PROGRAM = 2000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const hasOwnId: Rule = ({ id }, earlier) => (earlier.some((other) => other.id === id) ? { at: ['id'], reason: `two inputs have the id "${id}"` } : undefined);

const hasFreeVariable: Rule = ({ id }) => (isReservedVariable(variableOf(id)) ? { at: ['id'], reason: `the variable ${variableOf(id)} is reserved; choose another id` } : undefined);

const hasSoundCondition: Rule = ({ visible_if: condition }, earlier) => {
  if (condition === undefined) return undefined;
  try {
    const stranger = inputsOf(parseExpression(condition)).find((id) => !earlier.some((other) => other.id === id));
    return stranger === undefined ? undefined : { at: ['visible_if'], reason: `"${stranger}" is not an input above this one` };
  } catch (error) {
    return { at: ['visible_if'], reason: reasonOf(error) };
  }
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

const hasChoices: Rule = ({ type, validation }) => (type === 'select' && !validation.allowed_values ? { at: ['type'], reason: 'a select needs validation.allowed_values' } : undefined);

const hasSoundDefault: Rule = (input) => {
  if (input.default === undefined) return undefined;
  if (isSensitive(input)) return { at: ['default'], reason: 'a secret has no default: everybody would know it' };
  const { visible_if: _, ...alone } = input;
  const problem = checkInputs([alone], { [input.id]: input.default }).problems[0];
  return problem && { at: ['default'], reason: `the default ${problem.message}` };
};

/** In this order; only the first broken rule of an input is told, because the later ones rely on the earlier. */
const RULES: readonly Rule[] = [hasOwnId, hasFreeVariable, hasSoundPattern, hasFittingValidation, hasChoices, hasSoundCondition, hasSoundDefault];

const inputProblem = (input: Input, index: number, all: readonly Input[]): BrokenRule[] => {
  for (const rule of RULES) {
    const broken = rule(input, all.slice(0, index));
    if (broken) return [{ path: ['inputs', index, ...broken.at], reason: `input "${input.id}": ${broken.reason}` }];
  }
  return [];
};

/** `after_install` is shown to everybody, so it may name the address and inputs, but no secret. */
const afterInstallProblems = ({ after_install: text = '', inputs }: InstallerManifest): BrokenRule[] => {
  const known = new Set(['ADDRESS', ...inputs.filter((input) => !isSensitive(input)).map((input) => variableOf(input.id))]);
  return [...text.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g)]
    .filter(([, name = '']) => !known.has(name))
    .map(([, name = '']) => ({ path: ['after_install'], reason: `after_install: {{${name}}} is neither ADDRESS nor an input that may be shown` }));
};

export const manifestProblems = (manifest: InstallerManifest): BrokenRule[] => [...manifest.inputs.flatMap(inputProblem), ...afterInstallProblems(manifest)];
