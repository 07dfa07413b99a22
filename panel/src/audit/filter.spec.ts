import { describe, expect, test } from 'vitest';
import { NO_FILTER, pathOf } from './filter.ts';

describe('the audit', () => {
  test('is asked for as it is', () => expect(pathOf('project', NO_FILTER)).toBe('/api/audit?limit=50'));
  test('of the installation has its own address', () => expect(pathOf('installation', { ...NO_FILTER, outcome: 'refused' })).toBe('/api/audit/installation?limit=50&outcome=refused'));
  test('is narrowed by what was chosen, and days are whole', () => {
    const query = new URL(pathOf('project', { ...NO_FILTER, action: ' POST /api/servers ', actor: 'u1', from: '2026-11-20', to: '2026-11-20' }), 'http://x').searchParams;
    expect([query.get('action'), query.get('actor')]).toEqual(['POST /api/servers', 'u1']);
    expect(Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '')).toBe(86_400_000);
  });
  test('leaves out a day that is half written', () => expect(pathOf('project', { ...NO_FILTER, from: '2026-' })).toBe('/api/audit?limit=50'));
});
