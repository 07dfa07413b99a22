import { describe, expect, test } from 'vitest';
import { cellValue, csvLine, jsonValue, textValue } from './values.ts';
import { snakeCase } from './views.ts';

describe('values of a query', () => {
  const at = new Date('2026-11-21T10:00:00.500Z');

  test('are told in JSON without losing digits', () => {
    expect(jsonValue([1n, 2n ** 60n, at, null, Infinity, { months: 0, days: 1, micros: 5_400_500_000n }, { a: [1n] }, new Uint8Array([1, 255])])).toEqual([
      1, '1152921504606846976', '2026-11-21T10:00:00.500Z', null, 'Infinity', '1 days 01:30:00.5', { a: [1] }, '01ff',
    ]);
    expect(cellValue('{"a":1}', true)).toEqual({ a: 1 });
    expect(cellValue('{"a":1}', false)).toBe('{"a":1}');
  });

  test('are told as text', () => {
    expect([at, null, true, 1.5, 3n, ['a']].map(textValue)).toEqual(['2026-11-21 10:00:00.500', '', 'true', '1.5', '3', '["a"]']);
    expect(textValue({ months: 0, days: 0, micros: 0n })).toBe('00:00:00');
    expect(textValue({ months: 0, days: 0, micros: -61_000_000n })).toBe('-00:01:01');
  });

  test('are told as CSV that spreadsheets read', () => {
    expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', null, 1])).toBe('a,"b,c","d""e","f\ng",,1');
  });
});

test('views are named as SQL likes it', () => {
  expect(['JobFinished', 'ServerRequested', 'agent-mgmt', 'exitCode', 'ipv6'].map(snakeCase)).toEqual(['job_finished', 'server_requested', 'agent_mgmt', 'exit_code', 'ipv6']);
});
