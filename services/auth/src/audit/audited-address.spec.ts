import { Refusal } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PersonalTexts } from '../subject/personal-text.ts';
import { createAddressKeeper, networkOf } from './audited-address.ts';

describe('the network of an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.0/24'], ['::ffff:203.0.113.7', '203.0.113.0/24'], ['2001:db8:1:2::3', '2001:db8:1::/48'], ['2001:0DB8:0001::', '2001:db8:1::/48'],
    ['::1', '0:0:0::/48'], ['fe80::1%eth0', 'fe80:0:0::/48'], ['1:2:3:4:5:6:7:8', '1:2:3::/48'], ['', 'not an address'], ['somewhere', 'not an address'],
  ])('of %s is %s', (address, network) => expect(networkOf(address)).toBe(network));

  test('of IPv6 is its first 48 bits, however it is written', () =>
    fc.assert(fc.property(fc.ipV6(), (address) => /^([0-9a-f]{1,4}:){2}[0-9a-f]{1,4}::\/48$|^(\d{1,3}\.){3}0\/24$/.test(networkOf(address)))));
});

const texts: PersonalTexts = {
  seal: async (userId, place, text) => {
    if (userId === 'gone') throw new Refusal('subject.erased', 'forgotten');
    return { sealed: `${userId} ${place} ${text.length}` };
  },
  open: async () => undefined,
};

describe('what is kept of an address', () => {
  const keeper = createAddressKeeper(texts, new Uint8Array(32));
  const keep = (actor?: Parameters<typeof keeper.keep>[1]['actor']) => keeper.keep('203.0.113.7', { actor, entryId: 'e' });
  test('is sealed for a person', async () => expect(await keep({ kind: 'user', id: 'u' })).toEqual({ sealed: 'u audit-e/address 11' }));
  test('is nothing for somebody who was forgotten', async () => expect(await keep({ kind: 'user', id: 'gone' })).toBeUndefined());
  test('is the network and a hash for a stranger and an agent', async () => {
    expect(await keep()).toEqual({ hash: keeper.hashOf('203.0.113.7'), network: '203.0.113.0/24' });
    expect(JSON.stringify(await keep({ kind: 'agent', id: 'a' }))).not.toContain('203.0.113.7');
  });
  test('has another hash with another key', () => expect(createAddressKeeper(texts, new Uint8Array(32).fill(1)).hashOf('203.0.113.7')).not.toBe(keeper.hashOf('203.0.113.7')));
});
