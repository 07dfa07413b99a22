/** Where in a line something is that somebody looks for. */
import type { LogSearch } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { RE2JS } from 're2js';

export type Span = [from: number, to: number];
export type Matcher = (line: string) => Span[];

const MOST_SPANS = 20;
/** Linear time is still long for a pattern like `a{0,1000}` ten times. */
const LARGEST_PROGRAM = 250;
/**
 * Steps of the program that one line is worth; a look takes at most one for each instruction and character that is left.
 * One look is linear, but `(?:.*z)?` also matches nothing, so it looks from each character to the end again: a minute for
 * the longest line.
 */
const MOST_STEPS = 1_000_000;

/** As each of its characters stands, whatever it means in a pattern. */
const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

const textMatcher = (text: string, flags: string): Matcher => {
  const wanted = new RegExp(literally(text), flags);
  return (line) => {
    const spans: Span[] = [];
    for (const match of line.matchAll(wanted)) if (spans.push([match.index, match.index + match[0].length]) === MOST_SPANS) break;
    return spans;
  };
};

const refusePattern = (reason: string) => new Refusal('search.bad_pattern', `This pattern cannot be searched for: ${reason}. Patterns are in RE2 syntax, without look-around and back-references; or search for a plain text.`, [{ path: 'q', message: reason }]);

const compile = (pattern: string, ignoresCase: boolean) => {
  try {
    return RE2JS.compile(pattern, ignoresCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw refusePattern(error instanceof Error ? error.message : String(error));
  }
};

const patternMatcher = (pattern: string, ignoresCase: boolean): Matcher => {
  const compiled = compile(pattern, ignoresCase);
  if (compiled.programSize() > LARGEST_PROGRAM) throw refusePattern('it repeats too much; matching it would hold up everybody');
  return (line) => {
    const spans: Span[] = [];
    const matcher = compiled.matcher(line);
    for (let steps = 0, from = 0; spans.length < MOST_SPANS && steps < MOST_STEPS; from = matcher.end()) {
      steps += (line.length - from) * compiled.programSize();
      if (!matcher.find()) return spans;
      if (matcher.end() > matcher.start()) spans.push([matcher.start(), matcher.end()]);
    }
    if (spans.length === 0) throw refusePattern('it also matches where nothing stands, at every place of a long line; say what must stand there, as a+ does and a* does not');
    return spans;
  };
};

/** At most twenty hits of a line, fewer where it is long and the pattern is; where nothing stands is no hit. @throws Refusal for a pattern that is none */
export const matcherOf = (search: Pick<LogSearch, 'q' | 'as' | 'case'>): Matcher =>
  search.as === 'text' ? textMatcher(search.q, search.case === 'any' ? 'giu' : 'gu') : patternMatcher(search.q, search.case === 'any');
