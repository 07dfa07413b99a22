import { z } from 'zod';

/** What a person may do in a project. `analyst` reads history and nothing else; the others contain each other. */
export const Role = z.enum(['analyst', 'viewer', 'operator', 'admin', 'owner']);
export type Role = z.infer<typeof Role>;

const RANK: Record<Role, number> = { analyst: 0, viewer: 1, operator: 2, admin: 3, owner: 4 };

export const roleIncludes = (held: Role, needed: Role): boolean => RANK[held] >= RANK[needed];

export const Membership = z.object({ projectId: z.uuid(), role: Role });
export type Membership = z.infer<typeof Membership>;

/** How somebody came in: in person, or by an API token that a program holds. */
export const SignedInBy = z.enum(['session', 'token']);
export type SignedInBy = z.infer<typeof SignedInBy>;

/** What an access token says, once its signature was checked. */
export const Caller = z.object({
  userId: z.uuid(),
  /** Null for a service account. */
  email: z.string().nullable(),
  memberships: z.array(Membership),
  /** Runs the whole installation: its people, projects, read models and keys. A role in no project comes with it. */
  isAdministrator: z.boolean(),
  signedInBy: SignedInBy,
  /** The session or the API token that the access token was made for: what to end, to keep its holder out. */
  credentialId: z.uuid(),
  /** The installation asks everybody for a second factor, and this sign-in has shown none: it is good for setting one up and nothing else. */
  isFactorDue: z.boolean().optional(),
});
export type Caller = z.infer<typeof Caller>;
