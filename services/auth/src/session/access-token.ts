/** What every service accepts as a sign-in for the next minutes, without asking us. */
import { AccessClaims, TOKEN_AUDIENCE, TOKEN_ISSUER, type Caller } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { SignJWT } from 'jose';
import type { SigningKeys } from './signing-keys.store.ts';

export const ACCESS_TOKEN_SECONDS = 5 * 60;

/** `position`: of the log that the roles were read at; who hears of a later change knows that the token is outdated. */
type Minting = { readonly caller: Caller; readonly position: number; readonly at: Date; readonly seconds?: number };

export const mintAccessToken = async (signingKeys: SigningKeys, { caller, position, at, seconds = ACCESS_TOKEN_SECONDS }: Minting): Promise<string> => {
  const { keyId, key } = await signingKeys.current();
  const { userId, email, memberships, isAdministrator, signedInBy, credentialId, isFactorDue } = caller;
  const issuedAt = Math.floor(at.getTime() / 1000);
  return new SignJWT(AccessClaims.parse({ sub: userId, email, memberships, adm: isAdministrator, by: signedInBy, sid: credentialId, pos: position, ...(isFactorDue && { due: true }) } satisfies AccessClaims))
    .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'JWT' })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setJti(newId())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + seconds)
    .sign(key);
};
