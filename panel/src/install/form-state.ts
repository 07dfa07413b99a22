/** The state of a form that a manifest describes: what stands in it, what is shown, what is sent, what is wrong. */
import type { Input, InputValue } from '@citrus/contracts';
import { checkInputs, isSensitive, visibleInputs, type InputProblem } from '@citrus/contracts/inputs';

/** What the controls hold: text, except for boxes. */
export type Answers = Readonly<Record<string, string | boolean>>;

const asControl = (input: Input, value: InputValue | undefined): string | boolean => {
  if (input.type === 'boolean') return value === true || value === 'true';
  return value === undefined ? '' : String(value);
};

/** Defaults, or what the last run was given; a secret is never there again. */
export const initialAnswers = (inputs: readonly Input[], before: Readonly<Record<string, InputValue>> = {}): Answers =>
  Object.fromEntries(inputs.map((input) => [input.id, asControl(input, isSensitive(input) ? undefined : before[input.id] ?? input.default)]));

export const shownInputs = (inputs: readonly Input[], answers: Answers): Input[] => visibleInputs(inputs, answers);

/**
 * What is hidden stays here, and so does a field that began empty and still is. One that was emptied is sent, so that
 * its default does not come back unseen.
 */
export const answersToSend = (inputs: readonly Input[], answers: Answers): Record<string, string | boolean> => {
  const before = initialAnswers(inputs);
  return Object.fromEntries(shownInputs(inputs, answers).flatMap(({ id }) => {
    const answer = answers[id] ?? '';
    return answer === '' && before[id] === '' ? [] : [[id, answer]];
  }));
};

export const problemsIn = (inputs: readonly Input[], answers: Answers): InputProblem[] => checkInputs(inputs, answersToSend(inputs, answers)).problems;

/** The hub names a field `inputs.port`; the form knows it as `port`. */
export const inputOf = (path: string): string => path.replace(/^\/?inputs[./]/, '');

/** The hub's word on a field stands until the field is changed; ours is said once a field was left or sent. */
export const visibleProblems = (known: { local: readonly InputProblem[]; server: readonly InputProblem[]; touched: ReadonlySet<string> }): Map<string, string> => {
  const said = new Map(known.local.filter(({ path }) => known.touched.has(path)).map(({ path, message }) => [path, message]));
  for (const { path, message } of known.server) said.set(inputOf(path), message);
  return said;
};
