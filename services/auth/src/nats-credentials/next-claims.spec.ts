import type { Account, SigningKey } from '@nats-io/jwt';
import { describe, expect, test } from 'vitest';
import { nextClaims } from './next-claims.ts';

const key = (name: string, right: string): SigningKey => ({ kind: 'user_scope', key: name, role: 'agent', template: { pub: { allow: [right] } } });
const account = (right: string, more: Partial<Account> = {}): Partial<Account> => ({ signing_keys: ['A1', 'A2', 'A3'].map((name) => key(name, right)), ...more });

describe('a change of the agents’ rights', () => {
  test('goes key by key until all have it', () => {
    let held = account('old');
    const steps: number[] = [];
    for (let isLast = false; !isLast; ) {
      const step = nextClaims(held, account('new'));
      const changed = step.claims.signing_keys?.filter((one, index) => JSON.stringify(one) !== JSON.stringify(held.signing_keys?.[index])).length ?? 0;
      steps.push(changed);
      ({ isLast } = step);
      held = step.claims;
    }
    expect(steps).toEqual([1, 1, 1]);
    expect(held).toEqual(account('new'));
  });

  test('does not hold up a revocation', () => {
    expect(nextClaims(account('old'), account('new', { revocations: { U1: 7 } }))).toMatchObject({ isLast: false, claims: { revocations: { U1: 7 } } });
  });

  test('is one step where nobody would be dropped: new keys, or servers that hold nothing', () => {
    expect(nextClaims(undefined, account('new'))).toEqual({ claims: account('new'), isLast: true });
    expect(nextClaims({ signing_keys: [] }, account('new'))).toEqual({ claims: account('new'), isLast: true });
    expect(nextClaims(account('new'), account('new', { revocations: { U1: 7 } })).isLast).toBe(true);
  });

  test('T846. takes a key away at once', () => {
    const wanted = { signing_keys: [key('A1', 'new'), key('A2', 'new')] };
    expect(nextClaims(account('old'), wanted).claims.signing_keys).toEqual([key('A1', 'new'), key('A2', 'old')]);
  });
});
