/** The provider, as far as it is asked: where to send the browser, and who came back. The protocol is openid-client's. */
import { readFileSync } from 'node:fs';
import { Unauthenticated, Unavailable } from '@citrus/kit-domain';
import { StartRefused } from '@citrus/kit-service';
import * as openid from 'openid-client';
import type { AuthConfig } from '../config.ts';
import type { Profile } from './identities.ts';

const TIMEOUT_SECONDS = 10;
/** Keys and addresses of a provider change seldom. */
const DISCOVER_AGAIN_MS = 3_600_000;

export type Secrets = { readonly state: string; readonly nonce: string; readonly verifier: string };
export type OidcProvider = {
  readonly name: string;
  /** @throws Unavailable when the provider does not answer */
  urlFor(secrets: Secrets, redirectUri: string): Promise<string>;
  /** @throws Unauthenticated when the answer is not one to what was asked, Unavailable when the provider does not answer */
  whoCameBack(answer: URL, secrets: Secrets): Promise<Profile>;
};

export const newSecrets = (): Secrets => ({ state: openid.randomState(), nonce: openid.randomNonce(), verifier: openid.randomPKCECodeVerifier() });

const unreachable = (name: string, cause: unknown) => new Unavailable(`${name} does not answer as it must; try again, or sign in with your password.`, { cause, retryAfterMs: 5000 });

const failed = (name: string, cause: unknown): Error => {
  if (cause instanceof openid.AuthorizationResponseError) {
    return cause.error === 'access_denied'
      ? new Unauthenticated(`You did not allow the sign-in at ${name}, or you may not sign in there.`, 'oidc.denied')
      : new Unauthenticated(`${name} refused the sign-in. Try again; if it stays, tell an administrator.`, 'oidc.failed');
  }
  // A code that was used or ran out; a token that is not ours; a nonce of another sign-in.
  if (cause instanceof openid.ResponseBodyError && cause.error === 'invalid_client') return unreachable(name, cause);
  if (cause instanceof openid.ResponseBodyError) return new Unauthenticated('The sign-in took too long or was used before. Try again.', 'oidc.failed');
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^OAUTH_(JWT|INVALID_RESPONSE|JSON_ATTRIBUTE|KEY_SELECTION)/.test(code)) return new Unauthenticated(`The answer of ${name} is not one to this sign-in. Try again.`, 'oidc.failed');
  return unreachable(name, cause);
};

const readSecret = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new StartRefused(`The provider's client secret (CITRUS_OIDC_CLIENT_SECRET_FILE=${file}) cannot be read.`, { cause });
  }
};

const discovering = ({ issuer, clientId, secret }: { issuer: string; clientId: string; secret: string }): (() => Promise<openid.Configuration>) => {
  let known: { readonly configuration: Promise<openid.Configuration>; readonly at: number } | undefined;
  const server = new URL(issuer);
  const discover = () => openid.discovery(server, clientId, undefined, openid.ClientSecretBasic(secret), { timeout: TIMEOUT_SECONDS, ...(server.protocol === 'http:' && { execute: [openid.allowInsecureRequests] }) });
  return async () => {
    if (!known || performance.now() - known.at > DISCOVER_AGAIN_MS) known = { configuration: discover(), at: performance.now() };
    try {
      return await known.configuration;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
};

type Claims = Readonly<Record<string, unknown>>;
type SecondFactorRule = { readonly CITRUS_OIDC_SECOND_FACTOR: AuthConfig['CITRUS_OIDC_SECOND_FACTOR']; readonly CITRUS_OIDC_SECOND_FACTOR_ACR: AuthConfig['CITRUS_OIDC_SECOND_FACTOR_ACR'] };

/** `amr` names methods (RFC 8176), where `mfa` means several of different kinds; `acr` is a word of the provider's own. Silence is no. */
export const hasShownSecondFactor = ({ amr, acr }: Claims, { CITRUS_OIDC_SECOND_FACTOR: rule, CITRUS_OIDC_SECOND_FACTOR_ACR: words }: SecondFactorRule): boolean =>
  rule === 'trusted' || (Array.isArray(amr) && amr.includes('mfa')) || (typeof acr === 'string' && words.includes(acr));

const profileOf = async (rule: SecondFactorRule, configuration: openid.Configuration, tokens: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers): Promise<Profile> => {
  const claims = tokens.claims();
  if (!claims) throw new Unauthenticated('The provider did not say who you are. Try again.', 'oidc.failed');
  // Many providers keep the address out of the ID token and tell it when they are asked.
  const told = claims['email'] === undefined && configuration.serverMetadata().userinfo_endpoint ? await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub) : claims;
  const { email, email_verified: verified } = told;
  return { issuer: claims.iss, subject: claims.sub, email: typeof email === 'string' ? email : undefined, isEmailVerified: verified === true, hasShownSecondFactor: hasShownSecondFactor(claims, rule) };
};

/** Undefined without a provider in the configuration. */
export const openOidcProvider = (config: Pick<AuthConfig, 'CITRUS_OIDC_ISSUER' | 'CITRUS_OIDC_CLIENT_ID' | 'CITRUS_OIDC_CLIENT_SECRET_FILE' | 'CITRUS_OIDC_NAME' | 'CITRUS_OIDC_SECOND_FACTOR' | 'CITRUS_OIDC_SECOND_FACTOR_ACR'>): OidcProvider | undefined => {
  const { CITRUS_OIDC_ISSUER: issuer, CITRUS_OIDC_CLIENT_ID: clientId, CITRUS_OIDC_CLIENT_SECRET_FILE: file, CITRUS_OIDC_NAME: name } = config;
  if (!issuer || !clientId || !file) return undefined;
  const discovered = discovering({ issuer, clientId, secret: readSecret(file) });
  return {
    name,
    urlFor: async ({ state, nonce, verifier }, redirectUri) => {
      const configuration = await discovered().catch((cause: unknown) => {
        throw unreachable(name, cause);
      });
      const challenge = await openid.calculatePKCECodeChallenge(verifier);
      return openid.buildAuthorizationUrl(configuration, { redirect_uri: redirectUri, scope: 'openid email', code_challenge: challenge, code_challenge_method: 'S256', state, nonce }).href;
    },
    whoCameBack: async (answer, { state, nonce, verifier }) => {
      try {
        const configuration = await discovered();
        const tokens = await openid.authorizationCodeGrant(configuration, answer, { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true });
        return await profileOf(config, configuration, tokens);
      } catch (cause) {
        throw cause instanceof Unauthenticated ? cause : failed(name, cause);
      }
    },
  };
};
