/** What the signed-in person may do. It only decides what is offered; the hub and the services decide what happens. */
import type { Role } from '@citrus/contracts';
import { me } from './me.ts';
import { projectId } from './project.ts';

/** The least first. */
export const ROLES: readonly Role[] = ['analyst', 'viewer', 'operator', 'admin', 'owner'];

export const isAtLeast = (held: Role | undefined, needed: Role): boolean => held !== undefined && ROLES.indexOf(held) >= ROLES.indexOf(needed);

/** Nobody gives more than he has, and nobody below admin gives anything. */
export const rolesToGive = (own: Role | undefined): readonly Role[] => (isAtLeast(own, 'admin') ? ROLES.filter((role) => isAtLeast(own, role)) : []);

export const ownRole = (): Role | undefined => me.value?.memberships.find((membership) => membership.projectId === projectId.value)?.role;
export const may = (needed: Role): boolean => isAtLeast(ownRole(), needed);
export const isAdministrator = (): boolean => me.value?.isAdministrator === true;
