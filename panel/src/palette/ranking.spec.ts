import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextRow } from './keys.ts';
import { rank, scoreOf } from './ranking.ts';

const names = (typed: string, texts: readonly string[]): string[] => rank(typed, texts.map((text) => ({ text })), 10).map(({ text }) => text);

describe('ranking', () => {
  test('takes what begins with it before what has it inside, and that before scattered letters', () => {
    expect(names('web', ['my-cobweb', 'the-web', 'web-1', 'we-buy'])).toEqual(['web-1', 'the-web', 'my-cobweb', 'we-buy']);
  });

  test('takes initials', () => {
    expect(names('cs', ['Jobs', 'Create server', 'Clouds'])[0]).toBe('Create server');
    expect(names('zq', ['Create server'])).toEqual([]);
  });

  test('takes words in any order, and all of them', () => {
    expect(names('web install', ['Install an app on web-1', 'Install an app on db-1', 'web-1'])).toEqual(['Install an app on web-1']);
  });

  test('finds by what is not shown, after what is', () => {
    const entries = [{ text: 'db-1', also: 'fra1' }, { text: 'fra-proxy' }];
    expect(rank('fra', entries, 10).map(({ text }) => text)).toEqual(['fra-proxy', 'db-1']);
  });

  test('keeps the order where nothing is typed, never invents, and is no pattern', () => {
    expect(names('', ['b', 'a'])).toEqual(['b', 'a']);
    expect(names('.*', ['anything'])).toEqual([]);
    fc.assert(fc.property(fc.string(), fc.array(fc.string()), (typed, texts) => names(typed, texts).every((found) => texts.includes(found))));
    fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => scoreOf(text, text) !== undefined || text.trim() === ''));
  });
});

describe('rows', () => {
  test('are gone through to either end and no further', () => {
    expect([nextRow(-1, 1, 3), nextRow(-1, -1, 3), nextRow(0, 1, 3), nextRow(2, 1, 3), nextRow(0, -1, 3)]).toEqual([0, 2, 1, 2, 0]);
  });
});
