/** The state of a form that a manifest describes: what stands in it, what is shown, what is sent, what is wrong. */
import type { Input, InputValue, InstallerAction } from '@citrus/contracts';
import { checkInputs, isSensitive, resolveInputs, type InputProblem, type InputState, type Sources } from '@citrus/contracts/inputs';

/** What the controls hold: text, except for boxes; nothing while an answer follows from the ones above. */
export type Answers = Readonly<Record<string, string | boolean | undefined>>;
type Before = Readonly<Record<string, InputValue>>;

const asControl = (input: Input, value: InputValue | undefined): string | boolean => {
  if (input.type === 'boolean') return value === true || value === 'true';
  return value === undefined ? '' : String(value);
};

const follows = (input: Input, before: Before): boolean => input.default_from !== undefined && before[input.id] === undefined;

/** Defaults, or what the last run was given; a secret is never there again. */
export const initialAnswers = (inputs: readonly Input[], before: Before = {}): Answers =>
  Object.fromEntries(inputs.filter((input) => !follows(input, before)).map((input) => [input.id, asControl(input, isSensitive(input) ? undefined : before[input.id] ?? input.default)]));

/** The questions to show, each as it stands now. */
export const shownInputs = (inputs: readonly Input[], answers: Answers, sources: Sources = {}, action?: InstallerAction): InputState[] => resolveInputs(inputs, answers, { action, sources }).filter(({ isVisible }) => isVisible);

/** What stands in a control: the answer, or what it would be without one. */
export const valueIn = ({ input, isEnabled, preset }: InputState, answers: Answers): string | boolean => (isEnabled ? answers[input.id] : undefined) ?? asControl(input, preset);

/**
 * What is hidden stays here, and so do answers that cannot be given now and a field that began empty and still is. One
 * that was emptied is sent, so that its default does not come back unseen.
 */
export const answersToSend = (inputs: readonly Input[], answers: Answers, sources: Sources = {}): Record<string, string | boolean> => {
  const before = initialAnswers(inputs);
  return Object.fromEntries(shownInputs(inputs, answers, sources).filter(({ isEnabled }) => isEnabled).flatMap(({ input: { id } }) => {
    const answer = answers[id];
    return answer === undefined || (answer === '' && before[id] === '') ? [] : [[id, answer]];
  }));
};

/** Without secrets: enough to ask what would happen. */
export const answersToShow = (inputs: readonly Input[], answers: Answers, sources: Sources = {}): Record<string, string | boolean> => {
  const secret = new Set(inputs.filter(isSensitive).map(({ id }) => id));
  return Object.fromEntries(Object.entries(answersToSend(inputs, answers, sources)).filter(([id]) => !secret.has(id)));
};

export const problemsIn = (inputs: readonly Input[], answers: Answers, sources: Sources = {}, action?: InstallerAction): InputProblem[] => checkInputs(inputs, answersToSend(inputs, answers, sources), { action, sources }).problems;

/** The hub names a field `inputs.port`; the form knows it as `port`. */
export const inputOf = (path: string): string => path.replace(/^\/?inputs[./]/, '');

/** The hub's word on a field stands until the field is changed; ours is said once a field was left or sent. */
export const visibleProblems = (known: { local: readonly InputProblem[]; server: readonly InputProblem[]; touched: ReadonlySet<string> }): Map<string, string> => {
  const said = new Map(known.local.filter(({ path }) => known.touched.has(path)).map(({ path, message }) => [path, message]));
  for (const { path, message } of known.server) said.set(inputOf(path), message);
  return said;
};
