import { describe, expect, test } from 'vitest';
import { refusalOf } from './digitalocean.refusals.ts';
import { byAge } from './by-age.ts';
import { DropletAnswer, instanceOf, nextPageOf } from './digitalocean.wire.ts';
import { machine } from './provider.contract.ts';
import { nameOfAttempt } from './provider.port.ts';

describe('an answer of the cloud', () => {
  test('for a fresh droplet lacks what the document requires, and is read all the same', () => {
    const { droplet } = DropletAnswer.parse({ droplet: { id: 5_000_000_001, name: 'web', status: 'new', created_at: '2026-11-21T09:00:00Z', networks: {}, tags: null } });
    expect(instanceOf(droplet)).toEqual({ ref: '5000000001', name: 'web', tags: [], phase: 'creating', size: '', region: '', image: null, createdAt: '2026-11-21T09:00:00Z' });
  });

  test('has links of which only the page number is used', () => {
    const next = (link: string) => nextPageOf({ pages: { next: link } });
    expect(next('https://api.digitalocean.com/v2/droplets?tag_name=a&page=3&per_page=200')).toBe('3');
    expect(next('https://evil.example/?page=../../account')).toBeUndefined();
    expect(nextPageOf({})).toBeUndefined();
  });

  test('sorts by age, and by id within a second', () => {
    const made = (ref: string, second: number) => ({ ref, createdAt: `2026-11-21T09:00:0${second}Z` });
    expect([made('100', 2), made('99', 2), made('500', 1)].sort(byAge).map(({ ref }) => ref)).toEqual(['500', '99', '100']);
  });
});

describe('a refusal', () => {
  const unprocessable = (message: string) => refusalOf(422, { id: 'unprocessable_entity', message }, machine);
  test.each([
    ['You specified an invalid size for Droplet creation.', 'size.unknown', false],
    ['You specified an invalid image for Droplet creation.', 'image.unknown', false],
    ['Region is not available', 'region.unavailable', true],
    ['Size is not available in this region.', 'size.unavailable', false],
    ['Droplet already has a pending event.', 'cloud.busy', true],
    ['Something went wrong, please try again', 'cloud.busy', true],
    ['Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)', 'cloud.refused', false],
  ])('%s', (message, code, canRetry) => {
    const refusal = unprocessable(message);
    expect(refusal?.code).toBe(code);
    expect(refusal?.retryAfterMs !== null).toBe(canRetry);
  });

  test('is not what an error of the service is: a droplet may exist', () => {
    for (const status of [408, 500, 502, 503, 504, 520]) expect(refusalOf(status, '<html>', machine)).toBeUndefined();
  });
});

test('the name of an attempt is a host name, its own, and begins with what people call the server', () => {
  const serverId = '01980000-0000-7000-8000-000000000001';
  expect(nameOfAttempt('web', serverId, 2)).toBe('web-01980000000070008000000000000001-2');
  expect(nameOfAttempt('a'.repeat(48), serverId, 12)).toHaveLength(63);
});
