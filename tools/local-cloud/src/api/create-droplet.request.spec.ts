import { describe, expect, test } from 'vitest';
import { readCreateRequest } from './create-droplet.request.ts';

const good = { name: 'web-1', size: 's-1vcpu-1gb', image: 'debian-12-x64', region: 'fra1', tags: ['citrus-srv:1'] };
const read = (change: object) => readCreateRequest({ ...good, ...change }, { unavailableRegions: ['syd1'], unavailableSizes: [], findSnapshot: () => undefined });

describe('an order for a droplet', () => {
  test('is taken as the document describes it', () => {
    expect(read({ user_data: '#!/bin/sh\n' })).toEqual({
      many: false,
      orders: [{ name: 'web-1', size: 's-1vcpu-1gb', image: 'debian-12-x64', region: 'fra1', tags: ['citrus-srv:1'], features: ['private_networking'], userData: '#!/bin/sh\n' }],
    });
  });

  test('may name the region by its beginning, or not at all, and the image by its id', () => {
    expect(read({ region: 'nyc' }).orders[0]?.region).toBe('nyc1');
    expect(read({ region: undefined }).orders[0]?.region).toBe('nyc3');
    expect(read({ image: 128_218_340 }).orders[0]?.image).toBe('debian-12-x64');
  });

  test('may be for up to ten names', () => {
    const names = Array.from({ length: 10 }, (_, index) => `web-${index}`);
    expect(read({ name: undefined, names }).orders).toHaveLength(10);
    expect(() => read({ name: undefined, names: [...names, 'one-more'] })).toThrow('up to 10');
  });

  test.each([
    [{ name: 'web_1' }, 'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)'],
    [{ name: '$(reboot)' }, 'Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)'],
    [{ name: undefined }, "Name can't be blank"],
    [{ name: 'a'.repeat(256) }, 'Name is too long (maximum is 255 characters)'],
    [{ size: 's-99vcpu' }, 'You specified an invalid size for Droplet creation.'],
    [{ region: 'mars1' }, 'You specified an invalid region for Droplet creation.'],
    [{ image: 'windows' }, 'You specified an invalid image for Droplet creation.'],
    [{ region: 'syd1' }, 'Region is not available'],
    [{ region: 'blr1', size: 's-8vcpu-16gb' }, 'Size is not available in this region.'],
    [{ ssh_keys: [1] }, 'invalid ssh key ids'],
    [{ tags: ['a=b'] }, 'Tags may only contain letters, numbers, colons, dashes, and underscores.'],
    [{ user_data: 'ä'.repeat(32_769) }, 'User data is too long (maximum is 64 KiB)'],
    [{ size: undefined }, 'size'],
  ])('is refused for %o', (change, message) => {
    expect(() => read(change)).toThrow(message);
  });

  test('takes user data of exactly 64 KiB', () => {
    expect(read({ user_data: 'x'.repeat(65_536) }).orders[0]?.userData).toHaveLength(65_536);
  });
});
