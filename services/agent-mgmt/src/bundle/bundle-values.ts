/** What a bundle passes on: expressions over its own inputs and over what apps before have handed on. */
import { inputsOf, isTrue, parseBundleExpression, valueFrom, type BundleValue, type InputValue, type JobOutputs, type Values } from '@citrus/contracts';

export type Known = Readonly<Record<string, InputValue | undefined>>;

export const inputName = (id: string): string => `inputs.${id}`;
export const outputName = (app: string, name: string): string => `outputs.${app}.${name}`;

/** Every name that an expression of the bundle can look at now. */
export const knownOf = (inputs: Readonly<Record<string, InputValue>>, outputs: Readonly<Record<string, JobOutputs>>): Values => Object.fromEntries([
  ...Object.entries(inputs).map(([id, value]) => [inputName(id), value] as const),
  ...Object.entries(outputs).flatMap(([app, values]) => Object.entries(values).map(([name, value]) => [outputName(app, name), value] as const)),
]);

/** The names that a value depends on; none for one that stands there as it is. */
export const namesIn = (value: BundleValue): string[] => (typeof value === 'object' ? inputsOf(parseBundleExpression(value.from)) : []);

/** The app that an output's name belongs to. */
export const appOfName = (name: string): string | undefined => (name.startsWith('outputs.') ? name.split('.')[1] : undefined);

export const holds = (when: string | undefined, known: Values): boolean => when === undefined || isTrue(parseBundleExpression(when), known);

/** An input that comes to nothing is not given: the installer's own default stands. */
export const valuesFor = (inputs: Readonly<Record<string, BundleValue>>, known: Values): Record<string, InputValue> =>
  Object.fromEntries(Object.entries(inputs).flatMap(([id, given]) => {
    const value = typeof given === 'object' ? valueFrom(parseBundleExpression(given.from), known) : given;
    return value === undefined ? [] : [[id, value] as const];
  }));
