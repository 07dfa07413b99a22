import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { identityDecider, type IdentityCommand } from './identity.decider.ts';
import type { IdentityEvent } from './identity.events.ts';

const { given } = specFor(identityDecider, { again: { LinkIdentity: 'refuses oidc.other_identity' } });
const at = (issuer: string, subject = 's'): IdentityEvent => ({ type: 'IdentityLinked', data: { userId: '0198c0de-0000-7000-8000-000000000001', issuer, subject: { sealed: subject } } });
const link = (event: IdentityEvent): IdentityCommand => ({ type: 'LinkIdentity', data: event.data });

describe('an account’s identities', () => {
  test('are one at each provider', () => {
    given().when(link(at('https://one.example'))).then(at('https://one.example'));
    given(at('https://one.example')).when(link(at('https://two.example'))).then(at('https://two.example'));
  });
  test('are never replaced by another one of the same provider', () => given(at('https://one.example')).when(link(at('https://one.example', 'other'))).refuses('oidc.other_identity'));
});
