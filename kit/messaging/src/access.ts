/** Who may make a request: the rule stands in its definition; here it is applied, before any handler sees the input. */
import { AgentId, agentIdOfSubject, roleIncludes, type Access, type Caller, type Role } from '@citrus/contracts';
import { ContractViolation, Forbidden, Unauthenticated } from '@citrus/kit-domain';

export type Authenticate = (token: string) => Promise<Caller>;
export type Asked = { readonly subject: string; readonly token?: string | undefined; readonly input: unknown };
export type Identity = { readonly caller?: Caller; readonly agentId?: AgentId };

/** A message whose payload names another agent than its subject. It is refused and goes to the audit. */
export class Impersonation extends Forbidden {
  constructor(readonly agentId: string) {
    super('The message names another agent than the one that sent it.', 'agent.impersonation');
  }
}

const fieldOf = (input: unknown, name: string): unknown => (typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[name] : undefined);

/** Whether an API token will do: what is about the person's own ways in asks for the person. */
export const requirePerson = (caller: Caller, by: 'session' | 'any'): void => {
  if (by === 'session' && caller.signedInBy !== 'session') throw new Forbidden('This is for people who are signed in; an API token cannot do it.', 'session.needed');
};

export const requireAdministrator = (caller: Caller): void => {
  requirePerson(caller, 'session');
  if (!caller.isAdministrator) throw new Forbidden('Only administrators of this installation can do this.', 'administrator.needed');
};

/** The role counts in the project that the input names; an input without one asks for the role in any project. */
export const requireRole = (caller: Caller, role: Role, projectId: unknown): void => {
  const held = caller.memberships.filter((membership) => projectId === undefined || membership.projectId === projectId);
  if (held.length === 0) throw new Forbidden(projectId === undefined ? 'You are not a member of any project.' : 'You are not a member of this project.', 'project.not_a_member');
  if (!held.some((membership) => roleIncludes(membership.role, role))) throw new Forbidden(`This needs the role ${role} in the project; ask its owner for it.`, 'role.insufficient');
};

/** Where the installation asks everybody for a second factor, a sign-in that has shown none is good for setting one up only. */
const requireFactor = (caller: Caller, access: Access): void => {
  if (!caller.isFactorDue || (access.by === 'person' && access.evenWithoutFactor)) return;
  throw new Forbidden('This installation asks everybody for a second factor, and this sign-in has shown none. Set one up in your account, or give a code of it there, then go on; on the command line: citrus second-factor set-up, or prove.', 'second_factor.due');
};

/** @throws Forbidden */
export const requireAccess = (caller: Caller, access: Extract<Access, { by: 'person' | 'administrator' | 'member' }>, projectId: unknown): void => {
  requireFactor(caller, access);
  switch (access.by) {
    case 'person':
      return requirePerson(caller, access.with);
    case 'administrator':
      return requireAdministrator(caller);
    case 'member':
      requirePerson(caller, access.with ?? 'any');
      return requireRole(caller, access.role, projectId);
  }
};

const agentOf = (subject: string, input: unknown): AgentId => {
  const id = AgentId.safeParse(agentIdOfSubject(subject));
  if (!id.success) throw new ContractViolation('The subject carries no agent id.');
  if (fieldOf(input, 'agentId') !== id.data) throw new Impersonation(id.data);
  return id.data;
};

export const identify = async (access: Access, { subject, token, input }: Asked, authenticate: Authenticate): Promise<Identity> => {
  switch (access.by) {
    case 'anyone':
    // Between services the broker's permissions are the rule: nobody else can publish on these subjects.
    case 'service':
      return {};
    case 'agent':
      return { agentId: agentOf(subject, input) };
    case 'person':
    case 'administrator':
    case 'member': {
      if (!token) throw new Unauthenticated('Sign in first.');
      const caller = await authenticate(token);
      requireAccess(caller, access, fieldOf(input, 'projectId'));
      return { caller };
    }
  }
};
