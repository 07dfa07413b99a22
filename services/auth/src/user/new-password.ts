/**
 * What a new password must be: one rule for every way to set one. How soon it would be guessed is for zxcvbn to say,
 * which knows some 50,000 of those that were most used in breaches, keyboards, names, dates and how people change words.
 */
import { PASSWORD_LENGTH } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

/** Of 4: guessed with more than 10^8 tries, as its authors want it for anything that is tried over a network. */
const ENOUGH = 3;

/** What is longer is judged by its beginning: it takes its time, and nobody guesses that much. */
const strength = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: 128 });

export type Holder = { readonly email: string | null; readonly name?: string };

const plain = (text: string): string => text.toLowerCase().replaceAll(/\s/g, '');
/** What whoever knows the person would try first. */
const knownOf = ({ email, name = '' }: Holder): string[] => {
  const [local = '', domain = ''] = (email ?? '').split('@');
  return ['citrus', email ?? '', local, name, ...local.split('.'), ...domain.split('.'), ...name.split(' ')].filter((word) => word.length > 2);
};

/** What is wrong with a new password, for people; undefined when nothing is. */
export const passwordProblem = (password: string, holder: Holder): string | undefined => {
  if (password.length < PASSWORD_LENGTH.fewest) return `must have at least ${PASSWORD_LENGTH.fewest} characters; a few words that you can remember will do`;
  if (holder.email !== null && plain(password) === plain(holder.email)) return 'must not be your e-mail address';
  if (strength.check(password, knownOf(holder)).score < ENOUGH) return 'is among the first that anybody tries; take a few words that do not belong together';
  return undefined;
};

export const breachedProblem = 'was in a breach of some site, and is tried first by whoever has that list; take another one, and change it where you use it';
export const weakPassword = (problem: string, field = 'password') => new Refusal('password.weak', `The new password ${problem}.`, [{ path: field, message: problem }]);

/** @param field the input that it came in. @throws Refusal `password.weak` */
export const checkNewPassword = (password: string, holder: Holder, field = 'password'): void => {
  const problem = passwordProblem(password, holder);
  if (problem) throw weakPassword(problem, field);
};
