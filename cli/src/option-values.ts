/** How options with more than one word to them are read, for every command. */
import { InvalidArgumentError } from 'commander';

/** For an option that may be given more than once. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** @throws InvalidArgumentError, which commander tells with the option's name */
export const wholeNumber = (text: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
};
