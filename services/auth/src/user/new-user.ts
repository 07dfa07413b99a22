/** What the log is told about a new person: nothing that anybody could read without the person's key. */
import type { SubjectKeys } from '@citrus/kit-event-store';
import { createPersonalTexts, places } from '../subject/personal-text.ts';
import { normalEmail } from './email.ts';
import type { Passwords } from './password.ts';
import type { DataOf } from './user.events.ts';

type Person = { readonly email: string; readonly name: string; readonly password: string };

export const sealPerson = async ({ keys, passwords }: { readonly keys: SubjectKeys; readonly passwords: Passwords }, userId: string, { email, name, password }: Person): Promise<DataOf<'UserCreated'>> => {
  const texts = createPersonalTexts(keys);
  return {
    userId,
    email: await texts.seal(userId, places.email(userId), normalEmail(email)),
    name: await texts.seal(userId, places.name(userId), name),
    password: await texts.seal(userId, places.password(userId), await passwords.seal(userId, password)),
  };
};
