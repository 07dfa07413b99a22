/** A person who signs in, until the person is forgotten. What he or she may do stands in the streams of the projects and of the installation. */
import { Refusal, type Decider } from '@citrus/kit-domain';
import { subjectOf } from '../subject/personal-text.ts';
import type { DataOf, UserEvent } from './user.events.ts';

export type UserCommand =
  | { readonly type: 'CreateUser'; readonly data: DataOf<'UserCreated'> }
  /** Whoever asks has shown that he knows the one before. */
  | { readonly type: 'ChangePassword'; readonly data: DataOf<'PasswordChanged'> }
  | { readonly type: 'TakeRole'; readonly data: DataOf<'RoleTaken'> }
  | { readonly type: 'BeginRecovery'; readonly data: DataOf<'RecoveryBegun'> }
  | { readonly type: 'FinishRecovery'; readonly data: DataOf<'PasswordChanged'> & { readonly tokenHash: string }; readonly at: string }
  /** `ownerless`: the projects that nobody would own without this person; `isLastAdministrator`: of the installation. */
  | { readonly type: 'EraseUser'; readonly data: { readonly userId: string; readonly ownerless: readonly string[]; readonly isLastAdministrator: boolean }; readonly at: string };

type Recovery = { readonly status: 'begun'; readonly tokenHash: string; readonly expiresAt: string } | { readonly status: 'finished'; readonly tokenHash: string; readonly at: string };
export type User = { readonly status: 'none' } | { readonly status: 'active'; readonly recovery?: Recovery } | { readonly status: 'erased'; readonly at: string };

const unknown = () => new Refusal('user.unknown', 'There is no such user.');
export const unknownRecovery = () => new Refusal('recovery.unknown', 'This link is not good: it was not copied whole, or a newer one was made. Open the newest one, with everything after the #.');
export const usedRecovery = () => new Refusal('recovery.used', 'This link was used already. If it was you, sign in with the password that you chose; if not, tell an administrator at once.');

/** @throws Refusal unless the link is good, at this time, for whoever has the token */
export const checkRecovery = (user: User, tokenHash: string, at: string): void => {
  const recovery = user.status === 'active' ? user.recovery : undefined;
  if (recovery?.tokenHash !== tokenHash) throw unknownRecovery();
  if (recovery.status === 'finished') throw usedRecovery();
  if (at >= recovery.expiresAt) throw new Refusal('recovery.expired', 'This link has expired. Ask an administrator for a new one.');
};

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
    case 'BeginRecovery':
      if (user.status !== 'active') throw unknown();
      return [{ type: 'RecoveryBegun', data: command.data }];
    case 'FinishRecovery': {
      const { tokenHash, ...data } = command.data;
      checkRecovery(user, tokenHash, command.at);
      return [{ type: 'RecoveryFinished', data: { userId: data.userId, at: command.at } }, { type: 'PasswordChanged', data }];
    }
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
    case 'PasswordResealed':
      return user;
    case 'PasswordChanged':
      // Whoever has an older link must not undo it.
      return user.status === 'active' && user.recovery?.status === 'begun' ? { status: 'active' } : user;
    case 'RecoveryBegun':
      return user.status === 'active' ? { status: 'active', recovery: { status: 'begun', tokenHash: event.data.tokenHash, expiresAt: event.data.expiresAt } } : user;
    case 'RecoveryFinished':
      return user.status === 'active' && user.recovery ? { status: 'active', recovery: { status: 'finished', tokenHash: user.recovery.tokenHash, at: event.data.at } } : user;
    case 'SubjectErased':
      return { status: 'erased', at: event.data.at };
  }
};

export const userDecider: Decider<User, UserCommand, UserEvent> = { initialState: { status: 'none' }, decide, evolve };
