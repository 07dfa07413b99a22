/** A person who signs in, and what he or she may do in which project; until the person is forgotten. */
import type { Role } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { subjectOf } from '../subject/personal-text.ts';
import type { DataOf, UserEvent } from './user.events.ts';

export type UserCommand =
  | { readonly type: 'CreateUser'; readonly data: DataOf<'UserCreated'> }
  | { readonly type: 'GrantMembership'; readonly data: DataOf<'MembershipGranted'> }
  /** Whoever asks has shown that he knows the one before. */
  | { readonly type: 'ChangePassword'; readonly data: DataOf<'PasswordChanged'> }
  /** `ownerless`: the projects that nobody would own without this person. */
  | { readonly type: 'EraseUser'; readonly data: { readonly userId: string; readonly ownerless: readonly string[] }; readonly at: string };

type Roles = Readonly<Record<string, Role>>;
export type User =
  | { readonly status: 'none' }
  | { readonly status: 'active'; readonly roles: Roles }
  /** The roles that the person had: who might erase may ask again. */
  | { readonly status: 'erased'; readonly roles: Roles; readonly at: string };

const unknown = () => new Refusal('user.unknown', 'There is no such user.');

const erase = ({ data, at }: Extract<UserCommand, { type: 'EraseUser' }>, user: User): UserEvent[] => {
  if (user.status === 'none') throw unknown();
  if (user.status === 'erased') return [];
  if (data.ownerless.length > 0) {
    throw new Refusal('user.last_owner', `Nobody else owns the project ${data.ownerless.join(', ')}. Make somebody else its owner first; a project without an owner cannot be managed by anyone.`);
  }
  return [{ type: 'SubjectErased', data: { subjectId: subjectOf(data.userId), at } }];
};

const decide = (command: UserCommand, user: User): UserEvent[] => {
  switch (command.type) {
    case 'CreateUser':
      return user.status === 'none' ? [{ type: 'UserCreated', data: command.data }] : [];
    case 'GrantMembership':
      if (user.status !== 'active') throw unknown();
      return user.roles[command.data.projectId] === command.data.role ? [] : [{ type: 'MembershipGranted', data: command.data }];
    case 'ChangePassword':
      if (user.status !== 'active') throw unknown();
      return [{ type: 'PasswordChanged', data: command.data }];
    case 'EraseUser':
      return erase(command, user);
  }
};

const rolesOf = (user: User): Roles => (user.status === 'none' ? {} : user.roles);

const evolve = (user: User, event: UserEvent): User => {
  switch (event.type) {
    case 'UserCreated':
      return { status: 'active', roles: {} };
    case 'MembershipGranted':
      return { status: 'active', roles: { ...rolesOf(user), [event.data.projectId]: event.data.role } };
    case 'PasswordChanged':
      return user;
    case 'SubjectErased':
      return { status: 'erased', roles: rolesOf(user), at: event.data.at };
  }
};

export const userDecider: Decider<User, UserCommand, UserEvent> = { initialState: { status: 'none' }, decide, evolve };
