/** Signing in. Access tokens are short-lived EdDSA JWTs that every service verifies by itself. */
import { z } from 'zod';
import { Instant, UserId } from '../ids.ts';
import { pageOf, shortList, TimeSort } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { Caller, SignedInBy } from '../roles.ts';
import { subjects } from '../subjects.ts';

/** Where a person comes from, for the limits and the audit; set by the hub, never by the person. */
export const Address = z.string().max(64);
/** A random name of a browser that the hub keeps in a cookie; it proves nothing but "somebody signed in here before". */
export const Device = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** Of an authenticator app (six digits), or a recovery code. */
export const SecondFactorCode = z.string().min(6).max(40);

export const TokenPair = z.object({ accessToken: z.string(), refreshToken: z.string(), expiresInSeconds: z.int().positive() });
export type TokenPair = z.infer<typeof TokenPair>;

export const SignIn = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(1).max(1024),
  /** Needed by whoever has a second factor. */
  code: SecondFactorCode.optional(),
  address: Address,
  device: Device.optional(),
});
export type SignIn = z.infer<typeof SignIn>;

export const signIn = defineRequest({ subject: subjects.rpc('auth', 'session', 'login'), input: SignIn, reply: TokenPair, access: { by: 'anyone' } });

export const refreshSession = defineRequest({
  subject: subjects.rpc('auth', 'session', 'refresh'),
  input: z.strictObject({ refreshToken: z.string().min(1).max(512), address: Address }),
  reply: TokenPair,
  access: { by: 'anyone' },
});

export const signOut = defineRequest({
  subject: subjects.rpc('auth', 'session', 'logout'),
  input: z.strictObject({ refreshToken: z.string().min(1).max(512) }),
  reply: z.object({}),
  access: { by: 'anyone' },
});

/** One of the caller's own sign-ins that is still good. */
export const SignedInSession = z.object({
  id: z.uuid(),
  /** Null when it cannot be told any more. */
  address: z.string().nullable(),
  startedAt: Instant,
  /** When its access was last renewed, which happens every few minutes while it is used. */
  lastUsedAt: Instant,
  expiresAt: Instant,
  /** The one that asks. */
  isCurrent: z.boolean(),
});
export type SignedInSession = z.infer<typeof SignedInSession>;

const inPerson = { by: 'person', with: 'session' } as const;
const always = { ...inPerson, evenWithoutFactor: true } as const;

export const SessionQuery = { ...shortList('-createdAt'), sort: TimeSort.default('-createdAt') };
export const listSessions = defineRequest({ subject: subjects.rpc('auth', 'session', 'list'), input: z.strictObject(SessionQuery), reply: pageOf(SignedInSession), access: always });
/** Others than the one that asks only soon after signing in. */
export const endSession = defineRequest({ subject: subjects.rpc('auth', 'session', 'end'), input: z.strictObject({ sessionId: z.uuid() }), reply: z.object({}), access: always });
/** Also the one that asks; soon after signing in. */
export const endAllSessions = defineRequest({ subject: subjects.rpc('auth', 'session', 'end-all'), input: z.strictObject({}), reply: z.object({ ended: z.int().nonnegative() }), access: always });
/** Of somebody else: he signs in again, or cannot. */
export const endSessionsOf = defineRequest({
  subject: subjects.rpc('auth', 'session', 'end-all-of'), input: z.strictObject({ userId: UserId }), reply: z.object({ ended: z.int().nonnegative() }), access: { by: 'administrator' },
});
/** Ends all other sessions. */
export const changePassword = defineRequest({
  subject: subjects.rpc('auth', 'session', 'change-password'),
  input: z.strictObject({ currentPassword: z.string().min(1).max(1024), newPassword: z.string().min(1).max(1024), address: Address, device: Device.optional() }),
  reply: z.object({ ended: z.int().nonnegative() }),
  access: inPerson,
});

/**
 * The events of auth's log after which access tokens that were handed out before are no longer good. `ended` names the
 * session or API token in it, `outdated` whose roles may have changed.
 */
export const REVOKING_EVENTS = {
  SessionClosed: { ended: 'sessionId' },
  ApiTokenEnded: { ended: 'tokenId' },
  ServiceAccountRemoved: { outdated: 'userId' },
  MembershipGranted: { outdated: 'userId' },
  MembershipEnded: { outdated: 'userId' },
  AdministratorGranted: { outdated: 'userId' },
  AdministratorRevoked: { outdated: 'userId' },
  SubjectErased: { outdated: 'subjectId' },
} as const satisfies Readonly<Record<string, { readonly ended: string } | { readonly outdated: string }>>;

/** What ended lately; access tokens live for minutes, so what is older concerns nobody. */
export const Revocations = z.object({
  /** Ask for what is after it next time; `head` is where the log ends. */
  position: z.int().nonnegative(),
  head: z.int().nonnegative(),
  /** Sessions and API tokens. */
  ended: z.array(z.object({ credentialId: z.uuid(), at: Instant })),
  /** An access token of this user that was made from an earlier position of the log is outdated. */
  outdated: z.array(z.object({ userId: z.uuid(), position: z.int().positive(), at: Instant })),
});
export type Revocations = z.infer<typeof Revocations>;
export const readRevocations = defineRequest({ subject: subjects.internal('auth', 'revocations-read'), input: z.strictObject({ after: z.int().nonnegative() }), reply: Revocations, access: { by: 'service', services: ['hub'] } });

/** The key that follows was published long before: nobody is refused meanwhile. */
export const RotatedSigningKey = z.object({ current: z.string(), next: z.string(), previousUntil: Instant });
export type RotatedSigningKey = z.infer<typeof RotatedSigningKey>;
export const rotateSigningKey = defineRequest({ subject: subjects.rpc('auth', 'keys', 'rotate'), input: z.strictObject({}), reply: RotatedSigningKey, access: { by: 'administrator' } });

/** The public keys that access tokens are checked with (a JSON Web Key Set). */
export const readKeySet = defineRequest({
  subject: subjects.rpc('auth', 'keys', 'jwks'),
  input: z.strictObject({}),
  reply: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  access: { by: 'anyone' },
});

export const Me = Caller.extend({ name: z.string() });
export const readMe = defineRequest({ subject: subjects.rpc('auth', 'user', 'me'), input: z.strictObject({}), reply: Me, access: { by: 'person', with: 'any', evenWithoutFactor: true } });

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
  /** A second factor is asked for and was not shown. */
  due: z.literal(true).optional(),
  /** The roles are those at this position of auth's log, or later ones. */
  pos: z.int().nonnegative().optional(),
});
export type AccessClaims = z.infer<typeof AccessClaims>;
export const TOKEN_ISSUER = 'citrus';
export const TOKEN_AUDIENCE = 'citrus';
