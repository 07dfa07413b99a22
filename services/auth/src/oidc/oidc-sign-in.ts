/**
 * Signing in with the provider: out with state, nonce and a PKCE challenge, back with a code. What belongs together is
 * kept sealed for a few minutes and used once; it is bound to the browser that began by a secret in its cookie, so that
 * nobody can be made to finish a sign-in that somebody else began.
 *
 * Our second factor is not asked for: that is the provider's matter. Where the installation asks everybody for one, a
 * sign-in counts as having shown it when the provider says so, or is trusted to ask (`CITRUS_OIDC_SECOND_FACTOR`).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ReturnPath, type OidcNotice, type TokenPair } from '@citrus/contracts';
import { openWithKey, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import { NotFound, Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Trace } from '../command-context.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthDatabase } from '../database.ts';
import type { Sessions } from '../session/sessions.ts';
import type { AccountOf } from './identities.ts';
import { newSecrets, type OidcProvider } from './provider.ts';

const ATTEMPT_SECONDS = 10 * 60;

const Attempt = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), browserHash: z.string(), redirectUri: z.string(), returnTo: ReturnPath, signedInAs: z.string().optional() });
type Attempt = z.infer<typeof Attempt>;
type Parts = {
  readonly db: Kysely<AuthDatabase>;
  readonly masterKeys: MasterKeys;
  readonly provider: OidcProvider | undefined;
  readonly accountOf: AccountOf;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly clock: Clock;
};

export type OidcSignIn = {
  readonly name: string | undefined;
  /** `signedInAs`: who asks to be linked, from within the account. */
  start(input: { readonly redirectUri: string; readonly returnTo: string; readonly signedInAs?: string }): Promise<{ url: string; browser: string; expiresInSeconds: number }>;
  finish(input: { readonly answer: string; readonly browser: string; readonly redirectUri: string; readonly address: string }, trace: Trace): Promise<{ tokens: TokenPair; returnTo: string; notice?: OidcNotice }>;
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
const rowId = (stateHash: string): string => `oidc-attempt-${stateHash}`;
const isSame = (one: string, other: string): boolean => one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

const expired = () => new Unauthenticated('This sign-in took too long, was used before, or was begun in another browser. Begin again.', 'oidc.expired');
const providerOf = ({ provider }: Parts): OidcProvider => {
  if (!provider) throw new NotFound('oidc.off', 'This installation has no provider to sign in with.');
  return provider;
};

const keep = async ({ db, masterKeys, clock }: Parts, attempt: Attempt): Promise<void> => {
  const stateHash = hashOf(attempt.state);
  await db.deleteFrom('oidc_attempts').where('expires_at', '<=', clock()).execute();
  await db.insertInto('oidc_attempts').values({ state_hash: stateHash, sealed: sealWithKey(masterKeys, JSON.stringify(attempt), rowId(stateHash)), expires_at: new Date(clock().getTime() + ATTEMPT_SECONDS * 1000) }).execute();
};

/** Takes it away: it can be used once, whichever replica is asked. */
const take = async ({ db, masterKeys, clock }: Parts, state: string): Promise<Attempt | undefined> => {
  const stateHash = hashOf(state);
  const row = await db.deleteFrom('oidc_attempts').where('state_hash', '=', stateHash).returning(['sealed', 'expires_at']).executeTakeFirst();
  return row && row.expires_at > clock() ? Attempt.parse(JSON.parse(openWithKey(masterKeys, row.sealed, rowId(stateHash)))) : undefined;
};

const finish = (parts: Parts): OidcSignIn['finish'] => async ({ answer, browser, redirectUri, address }, trace) => {
  const provider = providerOf(parts);
  const attempt = await take(parts, new URLSearchParams(answer).get('state') ?? '');
  if (!attempt || attempt.redirectUri !== redirectUri || !isSame(attempt.browserHash, hashOf(browser))) throw expired();
  const back = new URL(redirectUri);
  back.search = answer;
  const profile = await provider.whoCameBack(back, attempt);
  try {
    const { account, notice } = await parts.accountOf({ profile, signedInAs: attempt.signedInAs }, trace);
    return { tokens: await parts.sessions.start({ account, address, ...(profile.hasShownSecondFactor && { secondFactor: 'provider' as const }) }, trace), returnTo: attempt.returnTo, ...(notice && { notice }) };
  } catch (error) {
    if (error instanceof Refusal) parts.audit({ action: 'session.login', outcome: 'refused', address, reason: `by ${provider.name}: ${error.code}` });
    throw error;
  }
};

export const createOidcSignIn = (parts: Parts): OidcSignIn => ({
  name: parts.provider?.name,
  start: async ({ redirectUri, returnTo, signedInAs }) => {
    const secrets = newSecrets();
    const browser = randomBytes(32).toString('base64url');
    const url = await providerOf(parts).urlFor(secrets, redirectUri);
    await keep(parts, { ...secrets, browserHash: hashOf(browser), redirectUri, returnTo, ...(signedInAs && { signedInAs }) });
    return { url, browser, expiresInSeconds: ATTEMPT_SECONDS };
  },
  finish: finish(parts),
});
