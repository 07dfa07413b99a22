/**
 * An account for an address that has none. The address is taken in the keyring first: whoever has it there has the id
 * that belongs to it, so two who come at once make the same user, and one of them makes it first. An id without a user
 * was left by somebody who got no further; the next one goes on with it.
 */
import { newId, type EventStore, type StreamAppend, type SubjectKeys } from '@citrus/kit-event-store';
import { loadState } from '../append-together.ts';
import { subjectOf, userOf } from '../subject/personal-text.ts';
import { normalEmail } from './email.ts';
import { sealPerson } from './new-user.ts';
import type { Passwords } from './password.ts';
import { userDecider } from './user.decider.ts';

export type NewPerson = { readonly email: string; readonly name: string; readonly password: string };
type Parts = { readonly store: EventStore; readonly keys: SubjectKeys; readonly passwords: Passwords };

/** Undefined: there is somebody with this address already. */
const takeAddress = async ({ store, keys }: Parts, email: string): Promise<string | undefined> => {
  const name = normalEmail(email);
  const holder = (await keys.find(name)) ?? (await keys.name(subjectOf(newId()), name), await keys.find(name));
  if (holder === undefined) throw new Error('an address that was just taken belongs to nobody');
  const userId = userOf(holder);
  const { state } = await loadState(store, `user-${userId}`, userDecider);
  return state.status === 'none' ? userId : undefined;
};

/** The new user's id and the append that makes it; undefined where there is an account with this address. */
export const prepareAccount = async (parts: Parts, person: NewPerson): Promise<{ readonly userId: string; readonly append: StreamAppend } | undefined> => {
  const userId = await takeAddress(parts, person.email);
  if (userId === undefined) return undefined;
  const data = await sealPerson(parts, userId, person);
  return { userId, append: { stream: `user-${userId}`, expected: 'none', events: userDecider.decide({ type: 'CreateUser', data }, userDecider.initialState) } };
};
