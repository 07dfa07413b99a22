import { expect, test } from 'vitest';
import { renewalDueAt } from './identity.ts';

test('a renewal is due after a share of the life, whatever this clock says', () => {
  const identity = { natsJwt: `e30.${Buffer.from('{"iat":1000}').toString('base64url')}.x`, expiresAt: new Date(2_000_000).toISOString(), receivedAt: new Date(9_000_000).toISOString() };
  expect(renewalDueAt(identity, 0.6)).toBe(9_600_000);
});
