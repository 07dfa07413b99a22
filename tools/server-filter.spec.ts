/** The examples of docs/reference/server-filter.md are what the filter does. */
import { readFileSync } from 'node:fs';
import { labelTextsOf, matchesFilter, parseServerFilter, type FilteredServer } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';

const server = (name: string, region: string, ...tags: string[]): FilteredServer => ({ id: `id-${name}`, name, region, tags, size: 's-1vcpu-1gb', image: 'debian-13', status: 'active' });
const FLEET = [{ ...server('web-1', 'fra1', 'web', 'prod'), labels: labelTextsOf({ canary: '', env: 'prod' }) }, server('web-2', 'fra1', 'web', 'staging'), server('web-3', 'sfo3', 'web', 'prod'), { ...server('db-1', 'sfo3', 'db', 'prod'), labels: labelTextsOf({ env: 'test' }) }];

/** The rows of a table under a heading of the reference. */
const rowsUnder = (heading: string): [string, string][] => {
  const text = readFileSync(new URL('../docs/reference/server-filter.md', import.meta.url), 'utf8');
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.map(([, filter = '', said = '']) => [filter === '``' ? '' : filter.slice(1, -1), said]);
};

describe('the examples of the reference', () => {
  test.each(rowsUnder('Examples'))('%s', (filter, names) => {
    expect(FLEET.filter((each) => matchesFilter(parseServerFilter(filter), each)).map(({ name }) => name).join(' ')).toBe(names);
  });
  test.each(rowsUnder('What is refused'))('%s is refused', (filter, said) => {
    expect(() => parseServerFilter(filter)).toThrow(said);
  });
  test('are all there', () => {
    expect([rowsUnder('Examples').length, rowsUnder('What is refused').length]).toEqual([16, 6]);
  });
});
