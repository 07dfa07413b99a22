/**
 * Stands in for `re2js` in the browser (see `build.ts`): the engine is bigger than the rest of the panel, so it is
 * fetched when a form has a pattern. Until it is there every text passes here, and the hub has the last word anyway.
 */
type Pattern = { matches(text: string): boolean };
type Engine = { compile(pattern: string): Pattern };

let engine: Engine | undefined;
const PASSES: Pattern = { matches: () => true };

export const loadPatterns = async (): Promise<void> => {
  engine ??= (await import('re2js')).RE2JS;
};

export const RE2JS: Engine = { compile: (pattern) => engine?.compile(pattern) ?? PASSES };
