/** Who runs the whole installation, and how the first of them gets in. */
import { z } from 'zod';
import { Instant, plainText, ProjectId, UserId } from '../ids.ts';
import { pageOf, PageRequest } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { Role } from '../roles.ts';
import { subjects } from '../subjects.ts';
import { PersonName } from './invitation.ts';
import { NewPassword } from './password.ts';
import { ProjectName } from './project.ts';

export const ClaimInstallation = z.strictObject({
  /** From the link that auth prints on its console while nobody is there. */
  token: plainText(128).min(1),
  email: z.email().max(254),
  name: PersonName,
  password: NewPassword,
  projectName: ProjectName.default('Default'),
});
export type ClaimInstallation = z.infer<typeof ClaimInstallation>;

/** The first account, owner and administrator. Again by the same person: the same answer; by anybody else: refused. */
export const claimInstallation = defineRequest({
  subject: subjects.rpc('auth', 'installation', 'claim'),
  input: ClaimInstallation.extend({ address: z.string().max(64) }),
  reply: z.object({ userId: UserId, projectId: ProjectId }),
  access: { by: 'anyone' },
});

export const User = z.object({
  userId: UserId,
  name: z.string(),
  email: z.string(),
  isAdministrator: z.boolean(),
  memberships: z.array(z.object({ projectId: ProjectId, projectName: z.string(), role: Role })),
  createdAt: Instant,
});
export type User = z.infer<typeof User>;

export const listUsers = defineRequest({ subject: subjects.rpc('auth', 'user', 'list'), input: z.strictObject(PageRequest), reply: pageOf(User), access: { by: 'administrator' } });

const Administers = z.object({ userId: UserId, isAdministrator: z.boolean() });
const ofOne = { input: z.strictObject({ userId: UserId }), reply: Administers, access: { by: 'administrator' } } as const;
export const grantAdministrator = defineRequest({ subject: subjects.rpc('auth', 'installation', 'grant-administrator'), ...ofOne });
/** The last one stays. */
export const revokeAdministrator = defineRequest({ subject: subjects.rpc('auth', 'installation', 'revoke-administrator'), ...ofOne });
