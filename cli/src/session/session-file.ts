/** Who this account is signed in as, and where: one file a session. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { CliFailure, EXIT } from '../failure.ts';
import { readIfThere, type Places } from './places.ts';

const Address = z.url({ protocol: /^https?$/ });

export const StoredSession = z.object({
  url: Address,
  email: z.string(),
  accessToken: z.string(),
  accessExpiresAt: z.iso.datetime(),
  refreshToken: z.string(),
});
export type StoredSession = z.infer<typeof StoredSession>;

/** What `npm start` writes. */
export const Credentials = z.object({ url: Address, email: z.string(), password: z.string() });
export type Credentials = z.infer<typeof Credentials>;

/** Whose session it is, in which file, and with which credentials it may be made anew. */
export type SignIn = { readonly file: string; readonly url: string; readonly email: string; readonly credentials?: Credentials };

/** @throws CliFailure when the file is there and is not what we write */
export const readJsonFile = <Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> | undefined => {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliFailure(`${file} is not what citrus writes there`, { exit: EXIT.signedOut, code: 'session.unreadable', advice: 'Delete that file and sign in again: citrus login', cause });
  }
};

export const loginFileOf = (places: Places): string => join(places.config, 'session.json');

const homeSignIn = (places: Places): SignIn | undefined => {
  const credentials = readJsonFile(join(places.citrusHome, 'credentials.json'), Credentials);
  if (!credentials) return undefined;
  const name = createHash('sha256').update(`${credentials.url} ${credentials.email}`).digest('hex').slice(0, 16);
  return { file: join(places.config, `session-${name}.json`), url: credentials.url, email: credentials.email, credentials };
};

const ownSignIn = (places: Places): SignIn | undefined => {
  const file = loginFileOf(places);
  const session = readJsonFile(file, StoredSession);
  return session && { file, url: session.url, email: session.email };
};

/** A home that was named comes first, then `citrus login`, then what `npm start` left in this checkout. */
export const findSignIn = (places: Places): SignIn | undefined => (places.isHomeNamed ? (homeSignIn(places) ?? ownSignIn(places)) : (ownSignIn(places) ?? homeSignIn(places)));
