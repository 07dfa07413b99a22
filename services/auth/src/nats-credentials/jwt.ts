/** Minting of the JWTs that NATS trusts, and reading back what one says. Nothing here keeps a key. */
import { AgentId, canonicalJson } from '@citrus/contracts';
import { keyFromPublic } from '@citrus/kit-crypto';
import { encodeAccount, encodeOperator, encodeUser, fmtCreds, type Account, type Operator } from '@nats-io/jwt';
import type { KeyPair } from '@nats-io/nkeys';
import type { AccountName } from './accounts.ts';

type OperatorClaims = Partial<Operator> & { strict_signing_key_usage: boolean };

/** Identity keys sign nothing but this: accounts and users are signed by signing keys, which can be replaced. */
export const operatorClaims = (signingKey: string, systemAccount: string): OperatorClaims => ({
  signing_keys: [signingKey],
  system_account: systemAccount,
  strict_signing_key_usage: true,
});

export const mintOperator = (identity: KeyPair, claims: OperatorClaims): Promise<string> => encodeOperator('citrus', identity, structuredClone(claims));

export const mintAccount = (name: AccountName, publicKey: string, claims: Partial<Account>, operatorSigning: KeyPair): Promise<string> =>
  encodeAccount(name, keyFromPublic(publicKey), structuredClone(claims), { signer: operatorSigning });

type ScopedUser = { name: string; publicKey: string; account: string; signer: KeyPair; expiresAt?: Date };

/** A user of a scoped signing key carries no permissions of its own; the server takes the scope's. */
const mintScopedUser = ({ name, publicKey, account, signer, expiresAt }: ScopedUser): Promise<string> =>
  encodeUser(name, keyFromPublic(publicKey), keyFromPublic(account), {}, {
    signer,
    scopedUser: true,
    ...(expiresAt && { exp: Math.floor(expiresAt.getTime() / 1000) }),
  });

/**
 * The server puts an agent's name raw into its permissions, so `*` or `a.>` as a name would open everything: the id is
 * checked here once more, at the last door.
 */
export const mintAgent = (agent: { agentId: string; nkey: string; expiresAt: Date }, account: string, signer: KeyPair): Promise<string> =>
  mintScopedUser({ name: AgentId.parse(agent.agentId), publicKey: agent.nkey, account, signer, expiresAt: agent.expiresAt });

/** A credentials file: the JWT and the seed of a user that the bootstrap makes for one of our own programs. */
export const mintCredentials = async (name: string, user: KeyPair, account: string, signer: KeyPair): Promise<string> =>
  Buffer.from(fmtCreds(await mintScopedUser({ name, publicKey: user.getPublicKey(), account, signer }), user)).toString();

type Payload = { readonly name?: string; readonly sub?: string; readonly iss?: string; readonly nats?: Record<string, unknown> };

/** What a JWT from our own files or servers says; the signature is not checked. @throws SyntaxError when it is none. */
const payloadOf = (jwt: string): Payload => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Payload;

/** What the JWT of an account says, without what every JWT has. */
export const claimsOf = (jwt: string): Partial<Account> => {
  const { type: _type, version: _version, ...said } = payloadOf(jwt).nats ?? {};
  return said;
};

/** Whether a JWT says what these claims say, whenever it was made. */
export const saysTheSame = (jwt: string, claims: Partial<Account> | OperatorClaims): boolean => {
  return canonicalJson(claimsOf(jwt)) === canonicalJson(claims);
};

/** The public key of the user that a credentials file is for. @throws SyntaxError when it is no such file */
export const userOf = (creds: string): string => {
  const { sub } = payloadOf(/-----BEGIN NATS USER JWT-----\s+(\S+)/.exec(creds)?.[1] ?? '');
  if (!sub) throw new SyntaxError('this is not a file of NATS credentials');
  return sub;
};
