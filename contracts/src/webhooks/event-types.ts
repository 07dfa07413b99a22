/** Which events a webhook can carry: the public ones, whose shapes are kept compatible for ever. What a service tells only itself is not sent out. */
import { PUBLIC_EVENTS } from '../events/public-events.ts';

export const WEBHOOK_EVENT_TYPES: readonly string[] = Object.values(PUBLIC_EVENTS).flatMap((catalogue) => Object.keys(catalogue)).sort();

/** `*`, `Server*`, `JobFinished`. */
export const matchesPattern = (pattern: string, type: string): boolean => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type);
export const matchesAny = (patterns: readonly string[], type: string): boolean => patterns.some((pattern) => matchesPattern(pattern, type));
/** Patterns that no event would ever match. */
export const uselessPatterns = (patterns: readonly string[]): string[] => patterns.filter((pattern) => !WEBHOOK_EVENT_TYPES.some((type) => matchesPattern(pattern, type)));
