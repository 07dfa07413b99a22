/** Which type an expression of a bundle has, as far as that is known before anybody answers. */
import { inputsOf, isSensitive, type Expression, type Input, type InputType } from '@citrus/contracts';

/** `any`: an output, which is a text whose meaning is only known once it is there, or a choice among mixed values. */
export type ValueType = 'text' | 'number' | 'boolean' | 'any' | 'list';
export type TypeOf = (name: string) => ValueType;

export const typeOfInput = ({ type }: Pick<Input, 'type'>): ValueType => {
  switch (type) {
    case 'boolean': return 'boolean';
    case 'integer': case 'port': return 'number';
    case 'select': return 'any';
    case 'string': case 'password': case 'email': return 'text';
  }
};

const LITERALS: Readonly<Record<string, ValueType>> = { string: 'text', number: 'number', boolean: 'boolean' };

const sumOf = (left: ValueType, right: ValueType): ValueType => {
  if (left === 'list' || right === 'list') return 'list';
  if (left === 'number' && right === 'number') return 'number';
  return left === 'any' && right === 'any' ? 'any' : left === 'number' || right === 'number' ? 'any' : 'text';
};

export const typeOf = (expression: Expression, names: TypeOf): ValueType => {
  switch (expression.kind) {
    case 'literal': return LITERALS[typeof expression.value] ?? 'any';
    case 'input': return names(expression.id);
    case 'list': case 'source': return 'list';
    case 'not': return 'boolean';
    case 'if': {
      const [one, other] = [typeOf(expression.consequence, names), typeOf(expression.otherwise, names)];
      return one === other ? one : one === 'list' || other === 'list' ? 'list' : 'any';
    }
    case 'binary': return expression.operator === '+' ? sumOf(typeOf(expression.left, names), typeOf(expression.right, names)) : 'boolean';
  }
};

const TAKES: Readonly<Record<InputType, readonly ValueType[]>> = {
  string: ['text'], password: ['text'], email: ['text'], integer: ['number'], port: ['number'], boolean: ['boolean'], select: ['text', 'number', 'boolean'],
};

/** Whether an input can take a value of this type at all. */
export const takes = ({ type }: Pick<Input, 'type'>, given: ValueType): boolean => given === 'any' || TAKES[type].includes(given);

/** The names in an expression that are secrets. */
export const secretsIn = (expression: Expression, inputs: readonly Input[]): string[] =>
  inputsOf(expression).filter((name) => inputs.some((input) => isSensitive(input) && name === `inputs.${input.id}`));
