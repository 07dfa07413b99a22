/** What every service accepts as a sign-in for the next quarter of an hour, without asking us. */
import { AccessClaims, TOKEN_AUDIENCE, TOKEN_ISSUER, type Caller } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { SignJWT } from 'jose';
import type { SigningKeys } from './signing-keys.store.ts';

export const ACCESS_TOKEN_SECONDS = 15 * 60;

export const mintAccessToken = async (signingKeys: SigningKeys, { userId, email, memberships, isAdministrator, signedInBy, credentialId }: Caller, at: Date): Promise<string> => {
  const { keyId, key } = await signingKeys.current();
  const seconds = Math.floor(at.getTime() / 1000);
  return new SignJWT(AccessClaims.parse({ sub: userId, email, memberships, adm: isAdministrator, by: signedInBy, sid: credentialId } satisfies AccessClaims))
    .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'JWT' })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setJti(newId())
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ACCESS_TOKEN_SECONDS)
    .sign(key);
};
