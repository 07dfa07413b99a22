import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf } from './network.ts';

describe('the network of an address', () => {
  test.for([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[2001:db8::1]', '2001:db8:0:0::/64'],
    ['1:2:3', '1:2:3'],
    ['1::2::3', '1::2::3'],
    ['', ''],
  ] as const)('%s counts as %s', ([address, network]) => expect(networkOf(address)).toBe(network));

  test('is the same for every address of one customer, however it is written', () => {
    const group = fc.integer({ min: 0, max: 0xff_ff });
    const four = fc.tuple(group, group, group, group);
    fc.assert(fc.property(four, four, four, (network, one, other) => {
      fc.pre(network[0] > 0);
      const written = (host: readonly number[], width: number) => [...network, ...host].map((n) => n.toString(16).padStart(width, '0')).join(':');
      expect(networkOf(written(one, 0))).toBe(networkOf(written(other, 4).toUpperCase()));
    }));
  });

  test('of any text is some text', () => fc.assert(fc.property(fc.string(), (text) => void networkOf(text))));
});
