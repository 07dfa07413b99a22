import { expect, test } from 'vitest';
import { formatAgo, formatBytes, formatDuration } from './time.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const ago = (seconds: number): string => formatAgo(new Date(NOW - seconds * 1000).toISOString(), NOW);

test('tells how long ago something was', () => {
  expect([0, 13, 200, 7300, 90_000].map(ago)).toEqual(['just now', '10 s ago', '3 min ago', '2 h ago', '1 d ago']);
  expect(ago(86_400 * 40)).toBe('12 Oct');
});

test('tells how long something took', () => {
  expect([400, 12_000, 60_000, 95_000, 7_260_000].map(formatDuration)).toEqual(['0 s', '12 s', '1 min', '1 min 35 s', '2 h 1 min']);
});

test('tells sizes in the largest fitting unit', () => {
  expect([0, 512, 1536, 209 * 1_048_576, 10 * 1_073_741_824].map(formatBytes)).toEqual(['0 B', '512 B', '1.5 KB', '209 MB', '10 GB']);
});
