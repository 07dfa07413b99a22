import { Cloud } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { cloudCalled, parseKind, rowsOf } from './clouds.ts';

const at = '2026-11-23T10:00:00.000Z';
const cloud = (over: Partial<Record<keyof Cloud, unknown>> = {}): Cloud => Cloud.parse({
  id: '0198c0de-0000-7000-8000-000000000001', projectId: '0198c0de-0000-7000-8000-00000000000a', name: 'ours', kind: 'digitalocean', baseUrl: null, tokenEnd: 'f00d', isDefault: true, status: 'good',
  note: null, account: 'ada@example.com', machineLimit: 25, testedAt: at, rotatedAt: null, createdAt: at, servers: 3, ...over,
});

describe('a cloud is called', () => {
  const [ours, twin] = [cloud(), cloud({ id: '0198c0de-0000-7000-8000-000000000002' })];
  test('by its name or its id', () => expect([cloudCalled([ours], 'ours'), cloudCalled([ours, twin], twin.id)]).toEqual([ours, twin]));
  test('by its id alone where two have the name', () => expect(() => cloudCalled([ours, twin], 'ours')).toThrow('more than one'));
  test('nothing, where there is none', () => expect(() => cloudCalled([], 'ours')).toThrow('there is no cloud called ours'));
});

test('the list shows whose token is refused, and what is meant when nobody says', () => {
  const rows = rowsOf({ items: [cloud(), cloud({ status: 'refused', isDefault: false, account: null })], nextCursor: null, installation: { kind: 'hetzner', isDefault: false } });
  expect(rows.map((row) => row.slice(1, 6))).toEqual([
    ['digitalocean', 'good, default', '…f00d', 'ada@example.com', '3'],
    ['digitalocean', 'TOKEN REFUSED', '…f00d', '-', '3'],
    ['hetzner', '-', '-', '-', '-'],
  ]);
});

test('a kind that there is not is refused with those that there are', () => {
  expect(parseKind('hetzner')).toBe('hetzner');
  expect(() => parseKind('aws')).toThrow('is no kind of cloud');
});
