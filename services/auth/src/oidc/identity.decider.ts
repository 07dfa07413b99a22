/**
 * At each provider a person is one identity, for good. An e-mail address may be given to somebody else one day, and that
 * one must not come into the account of who had it before.
 */
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { IdentityEvent } from './identity.events.ts';

export type IdentityCommand = { readonly type: 'LinkIdentity'; readonly data: IdentityEvent['data'] };
export type Identities = { readonly linked: readonly IdentityEvent['data'][] };

const decide = ({ data }: IdentityCommand, { linked }: Identities): IdentityEvent[] => {
  if (linked.some(({ issuer }) => issuer === data.issuer)) {
    throw new Refusal('oidc.other_identity', 'This account belongs to another identity at your provider. If that was you, ask an administrator of this installation.');
  }
  return [{ type: 'IdentityLinked', data }];
};

export const identityDecider: Decider<Identities, IdentityCommand, IdentityEvent> = {
  initialState: { linked: [] },
  decide,
  evolve: ({ linked }, { data }) => ({ linked: [...linked, data] }),
};
