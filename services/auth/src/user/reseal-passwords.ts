/**
 * Takes the master key out of passwords that an older release sealed with it: an event lasts for ever, and the key must
 * be able to go. Idempotent, and never over a password that changes at the same moment.
 */
import { newId, StreamChanged, type EventStore } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { places, subjectOf, type PersonalText, type PersonalTexts } from '../subject/personal-text.ts';
import type { Passwords } from './password.ts';
import type { UserEvent } from './user.events.ts';

type Parts = { readonly store: EventStore; readonly texts: PersonalTexts; readonly passwords: Passwords };

/** The newest of a person's stream; undefined for nobody. */
const passwordOf = (events: readonly UserEvent[]): PersonalText | undefined =>
  events.findLast((event) => event.type === 'UserCreated' || event.type === 'PasswordChanged' || event.type === 'PasswordResealed')?.data.password;

const resealOne = async ({ store, texts, passwords }: Parts, userId: string): Promise<boolean> => {
  const stream = subjectOf(userId);
  const { events, version } = await store.load(stream);
  const sealed = passwordOf(events as unknown as UserEvent[]);
  const kept = sealed && (await texts.open(userId, places.password(userId), sealed));
  const hash = kept === undefined ? undefined : passwords.withoutMasterKey(userId, kept);
  if (hash === undefined) return false;
  const password = await texts.seal(userId, places.password(userId), hash);
  try {
    const context = { commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: `reseal-passwords-${userId}` } as const;
    await store.append({ stream, expected: version, events: [{ type: 'PasswordResealed', data: { userId, password } }], context });
    return true;
  } catch (error) {
    // Changed at the same moment, here or by another replica, and therefore without the master key already.
    if (error instanceof StreamChanged) return false;
    throw error;
  }
};

/** How many there were. */
export const resealPasswords = async (parts: Parts, db: Kysely<AuthDatabase>): Promise<number> => {
  let resealed = 0;
  for (const { user_id: userId } of await db.selectFrom('users').select('user_id').orderBy('user_id').execute()) {
    if (await resealOne(parts, userId)) resealed += 1;
  }
  return resealed;
};

/** Whose passwords still need a master key. */
export const passwordsWithMasterKey = async (texts: PersonalTexts, passwords: Passwords, db: Kysely<AuthDatabase>): Promise<string[]> => {
  const found: string[] = [];
  for (const row of await db.selectFrom('users').select(['user_id', 'password']).execute()) {
    const kept = await texts.open(row.user_id, places.password(row.user_id), row.password);
    if (kept !== undefined && passwords.withoutMasterKey(row.user_id, kept) !== undefined) found.push(row.user_id);
  }
  return found;
};
