import { z } from 'zod';

/** What a person may do in a project. `analyst` reads history and nothing else; the others contain each other. */
export const Role = z.enum(['analyst', 'viewer', 'operator', 'admin', 'owner']);
export type Role = z.infer<typeof Role>;

const RANK: Record<Role, number> = { analyst: 0, viewer: 1, operator: 2, admin: 3, owner: 4 };

export const roleIncludes = (held: Role, needed: Role): boolean => RANK[held] >= RANK[needed];

export const Membership = z.object({ projectId: z.uuid(), role: Role });
export type Membership = z.infer<typeof Membership>;

/** What an access token says, once its signature was checked. */
export const Caller = z.object({
  userId: z.uuid(),
  email: z.string(),
  memberships: z.array(Membership),
});
export type Caller = z.infer<typeof Caller>;
