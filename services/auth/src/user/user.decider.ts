/** A person who signs in, until the person is forgotten. What he or she may do stands in the streams of the projects and of the installation. */
import { Refusal, type Decider } from '@citrus/kit-domain';
import { subjectOf } from '../subject/personal-text.ts';
import type { DataOf, UserEvent } from './user.events.ts';

export type UserCommand =
  | { readonly type: 'CreateUser'; readonly data: DataOf<'UserCreated'> }
  /** Whoever asks has shown that he knows the one before. */
  | { readonly type: 'ChangePassword'; readonly data: DataOf<'PasswordChanged'> }
  | { readonly type: 'TakeRole'; readonly data: DataOf<'RoleTaken'> }
  /** `ownerless`: the projects that nobody would own without this person; `isLastAdministrator`: of the installation. */
  | { readonly type: 'EraseUser'; readonly data: { readonly userId: string; readonly ownerless: readonly string[]; readonly isLastAdministrator: boolean }; readonly at: string };

export type User = { readonly status: 'none' } | { readonly status: 'active' } | { readonly status: 'erased'; readonly at: string };

const unknown = () => new Refusal('user.unknown', 'There is no such user.');

const erase = ({ data, at }: Extract<UserCommand, { type: 'EraseUser' }>, user: User): UserEvent[] => {
  if (user.status === 'none') throw unknown();
  if (user.status === 'erased') return [];
  if (data.ownerless.length > 0) {
    throw new Refusal('user.last_owner', `Nobody else owns the project ${data.ownerless.join(', ')}. Make somebody else its owner first; a project without an owner cannot be managed by anyone.`);
  }
  if (data.isLastAdministrator) {
    throw new Refusal('user.last_administrator', 'Nobody else is an administrator of the installation. Make somebody else one first; without one nobody could manage it.');
  }
  return [{ type: 'SubjectErased', data: { subjectId: subjectOf(data.userId), at } }];
};

const decide = (command: UserCommand, user: User): UserEvent[] => {
  switch (command.type) {
    case 'CreateUser':
      return user.status === 'none' ? [{ type: 'UserCreated', data: command.data }] : [];
    case 'ChangePassword':
      if (user.status !== 'active') throw unknown();
      return [{ type: 'PasswordChanged', data: command.data }];
    case 'TakeRole':
      if (user.status !== 'active') throw unknown();
      return [{ type: 'RoleTaken', data: command.data }];
    case 'EraseUser':
      return erase(command, user);
  }
};

const evolve = (user: User, event: UserEvent): User => {
  switch (event.type) {
    case 'UserCreated':
      return { status: 'active' };
    case 'MembershipGranted':
    case 'RoleTaken':
    case 'PasswordChanged':
    case 'PasswordResealed':
      return user;
    case 'SubjectErased':
      return { status: 'erased', at: event.data.at };
  }
};

export const userDecider: Decider<User, UserCommand, UserEvent> = { initialState: { status: 'none' }, decide, evolve };
