import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStatementNames } from './named-statements.ts';

const ask = (names: ReturnType<typeof createStatementNames>, text: string, times: number) => Array.from({ length: times }, () => names.nameOf(text)).at(-1);

describe('a statement', () => {
  test('gets a name when it is asked again and again, and keeps it', () => {
    const names = createStatementNames({ after: 3 });
    expect(ask(names, 'select $1', 3)).toBeUndefined();
    const name = names.nameOf('select $1');
    expect(name).toMatch(/^[\w-]{43}$/);
    expect(ask(names, 'select $1', 5)).toBe(name);
    expect(ask(names, 'select $2', 4)).not.toBe(name);
  });

  test('with a list that others have in other lengths gets none', () => {
    const names = createStatementNames({ after: 1 });
    expect(ask(names, 'select * from "a" where "id" in ($1, $2)', 9)).toBeUndefined();
    expect(ask(names, 'insert into "a" ("x", "y") values ($1, $2), ($3, $4)', 9)).toBeUndefined();
    expect(ask(names, 'insert into "a" ("x", "y") values ($1, $2)', 9)).toBeDefined();
    expect(ask(names, 'select * from a where id = any($1::uuid[])', 9)).toBeDefined();
  });

  test('that was given up has none any more', () => {
    const names = createStatementNames({ after: 1 });
    expect(ask(names, 'select $1', 2)).toBeDefined();
    names.giveUp('select $1');
    expect(ask(names, 'select $1', 9)).toBeUndefined();
  });
});

test('whatever is asked, names are few, each of one text, and never change', () => {
  const anyText = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 1000 }));
  fc.assert(fc.property(fc.array(anyText, { maxLength: 400 }), (asked) => {
    const names = createStatementNames({ most: 10, after: 2, counted: 20 });
    const given = new Map<number, string>();
    for (const number of asked) {
      const name = names.nameOf(`select ${number} + $1`);
      const before = given.get(number);
      if (before !== undefined) expect(name).toBe(before);
      if (name !== undefined) given.set(number, name);
    }
    expect(given.size).toBeLessThanOrEqual(10);
    expect(new Set(given.values()).size).toBe(given.size);
  }));
});
