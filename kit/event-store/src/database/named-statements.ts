/**
 * Which statements PostgreSQL shall keep prepared, and under what names: parsed once a connection instead of each time. A
 * connection never forgets a name, so few texts get one: those that are asked again and again, and none of the kind of which
 * there are as many as lists are long. Why and how: ADR 0048.
 */
import { createHash } from 'node:crypto';

export type StatementNames = {
  /** Undefined: asked too seldom so far, or not of the kind. */
  nameOf(text: string): string | undefined;
  /** From here on it is asked without a name. */
  giveUp(text: string): void;
};

type Limits = { /** Names at most. */ readonly most?: number; /** How often a text is asked before it gets one. */ readonly after?: number; /** Texts without a name that are counted. */ readonly counted?: number };

/** `in ($1, $2)`, and several rows of values: another text for each length. `= any($1)` and `unnest` stay the same. */
const HAS_LIST = /\bin \(\$\d+, \$\d+|\$\d+\), \(\$\d+/i;

export const createStatementNames = ({ most = 150, after = 5, counted = 1000 }: Limits = {}): StatementNames => {
  const names = new Map<string, string | undefined>();
  let asked = new Map<string, number>();
  return {
    nameOf: (text) => {
      if (names.has(text)) return names.get(text);
      if (names.size >= most || HAS_LIST.test(text)) return undefined;
      const times = asked.get(text) ?? 0;
      if (times < after) {
        // Who asks another text each time has the others counted anew, and takes no memory.
        if (times === 0 && asked.size >= counted) asked = new Map();
        asked.set(text, times + 1);
        return undefined;
      }
      asked.delete(text);
      const name = createHash('sha256').update(text).digest('base64url');
      names.set(text, name);
      return name;
    },
    // It keeps its place among the names, because connections keep the statement.
    giveUp: (text) => void names.set(text, undefined),
  };
};
