import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RevocationList, type Bearer } from './revocation-list.ts';

const at = new Date(0).toISOString();
const ended = (credentialId: string) => ({ credentialId, at });
const outdated = (userId: string, position: number) => ({ userId, position, at });
const bearer: Bearer = { credentialId: 's1', userId: 'u1', position: 10 };

describe('the list of revocations', () => {
  test('refuses the tokens of what ended, and of nobody else', () => {
    const list = new RevocationList();
    list.learn({ ended: [ended('s1')], outdated: [] }, 0);
    expect(list.verdictOn(bearer)).toBe('ended');
    expect(list.verdictOn({ ...bearer, credentialId: 's2' })).toBeUndefined();
  });

  test('refuses tokens whose roles were read before they changed, and takes the ones after', () => {
    const list = new RevocationList();
    list.learn({ ended: [], outdated: [outdated('u1', 11)] }, 0);
    expect(list.verdictOn(bearer)).toBe('outdated');
    expect(list.verdictOn({ ...bearer, position: 11 })).toBeUndefined();
    expect(list.verdictOn({ ...bearer, userId: 'u2' })).toBeUndefined();
  });

  test('forgets what no token can be as old as', () => {
    const list = new RevocationList();
    list.learn({ ended: [ended('s1')], outdated: [outdated('u2', 11)] }, 0);
    list.learn({ ended: [], outdated: [] }, 16 * 60_000);
    expect(list.verdictOn(bearer)).toBeUndefined();
    expect(list.verdictOn({ ...bearer, userId: 'u2' })).toBeUndefined();
  });

  test('says the same in whatever order, and however often, it learns', () => {
    const news = fc.record({
      ended: fc.array(fc.constantFrom('s1', 's2', 's3').map(ended), { maxLength: 3 }),
      outdated: fc.array(fc.tuple(fc.constantFrom('u1', 'u2'), fc.integer({ min: 1, max: 20 })).map(([user, position]) => outdated(user, position)), { maxLength: 3 }),
    });
    fc.assert(fc.property(fc.array(news, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (all, order) => {
      const [one, other] = [new RevocationList(), new RevocationList()];
      for (const news of all) one.learn(news, 0);
      const keys = new Map(all.map((news) => [news, order.next().value ?? 0]));
      for (const news of [...all, ...all].toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0))) other.learn(news, 0);
      for (const credentialId of ['s1', 's2', 's3']) for (const userId of ['u1', 'u2']) for (let position = 0; position <= 20; position += 1) {
        expect(other.verdictOn({ credentialId, userId, position })).toBe(one.verdictOn({ credentialId, userId, position }));
      }
    }));
  });
});
