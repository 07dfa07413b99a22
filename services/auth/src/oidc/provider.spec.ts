import { describe, expect, test } from 'vitest';
import { hasShownSecondFactor } from './provider.ts';

const rule = (second: 'claims' | 'trusted', ...acr: string[]) => ({ CITRUS_OIDC_SECOND_FACTOR: second, CITRUS_OIDC_SECOND_FACTOR_ACR: acr });

describe('whether a sign-in at the provider has shown a second factor', () => {
  test.for([
    [{ amr: ['pwd', 'mfa'] }, [], true], [{ amr: ['pwd'] }, [], false], [{ amr: ['pwd', 'otp'] }, [], false], [{ amr: 'mfa' }, [], false], [{}, [], false],
    [{ acr: 'urn:two' }, ['urn:two'], true], [{ acr: 'urn:one' }, ['urn:two'], false], [{ acr: '' }, [], false], [{ acr: ['urn:two'] }, ['urn:two'], false],
  ] as const)('by %o with %o', ([claims, acr, isShown]) => expect(hasShownSecondFactor(claims, rule('claims', ...acr))).toBe(isShown));
  test('need not be said by one that is trusted to ask everybody', () => expect(hasShownSecondFactor({}, rule('trusted'))).toBe(true));
});
