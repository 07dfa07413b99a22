/** A person who signs in, and what he or she may do in which project. */
import type { Role } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { MembershipGranted, UserCreated, UserEvent } from './user.events.ts';

export type UserCommand =
  | { readonly type: 'CreateUser'; readonly data: UserCreated['data'] }
  | { readonly type: 'GrantMembership'; readonly data: MembershipGranted['data'] };

export type User = { readonly status: 'none' } | { readonly status: 'active'; readonly roles: Readonly<Record<string, Role>> };

const decide = (command: UserCommand, user: User): UserEvent[] => {
  switch (command.type) {
    case 'CreateUser':
      return user.status === 'none' ? [{ type: 'UserCreated', data: command.data }] : [];
    case 'GrantMembership':
      if (user.status === 'none') throw new Refusal('user.unknown', 'There is no such user.');
      return user.roles[command.data.projectId] === command.data.role ? [] : [{ type: 'MembershipGranted', data: command.data }];
  }
};

const evolve = (user: User, event: UserEvent): User => {
  switch (event.type) {
    case 'UserCreated':
      return { status: 'active', roles: {} };
    case 'MembershipGranted':
      return { status: 'active', roles: { ...(user.status === 'active' && user.roles), [event.data.projectId]: event.data.role } };
  }
};

export const userDecider: Decider<User, UserCommand, UserEvent> = { initialState: { status: 'none' }, decide, evolve };
