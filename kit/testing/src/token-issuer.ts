/** Access tokens as auth signs them, for tests of everybody who checks them. */
import { TOKEN_AUDIENCE, TOKEN_ISSUER, type AccessClaims, type Caller } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

export type TokenIssuer = {
  /** What auth publishes as its key set. */
  readonly jwk: JWK;
  /** Somebody in person, with no role, unless told otherwise; good for five minutes. */
  readonly tokenOf: (caller?: Partial<Caller>, how?: { readonly expires?: string; readonly audience?: string; /** Of the log that the roles were read at. */ readonly position?: number }) => Promise<string>;
};

export const somebody = (over: Partial<Caller> = {}): Caller => ({
  userId: randomUUID(), email: 'ada@example.org', memberships: [], isAdministrator: false, signedInBy: 'session', credentialId: randomUUID(), ...over,
});

export const createTokenIssuer = async (kid = 'test'): Promise<TokenIssuer> => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' },
    tokenOf: (over, { expires = '5m', audience = TOKEN_AUDIENCE, position } = {}) => {
      const { userId, email, memberships, isAdministrator, signedInBy, credentialId } = somebody(over);
      const claims: AccessClaims = { sub: userId, email, memberships, adm: isAdministrator, by: signedInBy, sid: credentialId, ...(position !== undefined && { pos: position }) };
      return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).setIssuer(TOKEN_ISSUER).setAudience(audience).setIssuedAt().setExpirationTime(expires).sign(privateKey);
    },
  };
};
