/** What `grep` looks for. */
import { usageFailure } from '../failure.ts';

/** Without a state of its own, so that each text is searched from its start. */
export const matcherOf = (text: string, ignoreCase: boolean): ((searched: string) => boolean) => {
  const [, pattern, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (pattern === undefined) {
    const [wanted, fold] = ignoreCase ? [text.toLowerCase(), (searched: string) => searched.toLowerCase()] : [text, (searched: string) => searched];
    if (wanted === '') throw usageFailure('the text is empty', 'Say what to look for; for all events use citrus history tail or export.');
    return (searched) => fold(searched).includes(wanted);
  }
  try {
    const expression = new RegExp(pattern, [...new Set(`${flags.replaceAll(/[gy]/g, '')}${ignoreCase ? 'i' : ''}`)].join(''));
    return (searched) => expression.test(searched);
  } catch (error) {
    throw usageFailure(`${text} is no regular expression: ${error instanceof Error ? error.message : String(error)}`, 'Mend it, or leave the slashes out to look for the text as it is.');
  }
};

/** The strings and numbers of a payload, not its punctuation: who looks for a text has not got JSON in mind. */
export const wordsOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? Object.entries(value).map(([key, inner]) => (Array.isArray(value) ? wordsOf(inner) : `${key}=${wordsOf(inner)}`)).join('\n') : String(value);
