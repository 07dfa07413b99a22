/** Signing in. Access tokens are short-lived EdDSA JWTs that every service verifies by itself. */
import { z } from 'zod';
import { defineRequest } from '../request.ts';
import { Caller, SignedInBy } from '../roles.ts';
import { subjects } from '../subjects.ts';

export const TokenPair = z.object({ accessToken: z.string(), refreshToken: z.string(), expiresInSeconds: z.int().positive() });
export type TokenPair = z.infer<typeof TokenPair>;

export const SignIn = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(1).max(1024),
  /** Where the person comes from, for the rate limit and the audit; set by the hub, never by the person. */
  address: z.string().max(64),
});
export type SignIn = z.infer<typeof SignIn>;

export const signIn = defineRequest({ subject: subjects.rpc('auth', 'session', 'login'), input: SignIn, reply: TokenPair, access: { by: 'anyone' } });

export const refreshSession = defineRequest({
  subject: subjects.rpc('auth', 'session', 'refresh'),
  input: z.strictObject({ refreshToken: z.string().min(1).max(512), address: z.string().max(64) }),
  reply: TokenPair,
  access: { by: 'anyone' },
});

export const signOut = defineRequest({
  subject: subjects.rpc('auth', 'session', 'logout'),
  input: z.strictObject({ refreshToken: z.string().min(1).max(512) }),
  reply: z.object({}),
  access: { by: 'anyone' },
});

/** The public keys that access tokens are checked with (a JSON Web Key Set). */
export const readKeySet = defineRequest({
  subject: subjects.rpc('auth', 'keys', 'jwks'),
  input: z.strictObject({}),
  reply: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  access: { by: 'anyone' },
});

export const Me = Caller.extend({ name: z.string() });
export const readMe = defineRequest({ subject: subjects.rpc('auth', 'user', 'me'), input: z.strictObject({}), reply: Me, access: { by: 'person', with: 'any' } });

/** What stands in an access token beside the registered claims. */
export const AccessClaims = z.object({
  sub: z.uuid(),
  email: Caller.shape.email,
  memberships: Caller.shape.memberships,
  /** Administers the installation. */
  adm: z.boolean(),
  /** Signed in by. */
  by: SignedInBy,
  /** The session or API token behind it. */
  sid: z.uuid(),
});
export type AccessClaims = z.infer<typeof AccessClaims>;
export const TOKEN_ISSUER = 'citrus';
export const TOKEN_AUDIENCE = 'citrus';
