/**
 * Text about a person inside an event or a row. Since version 2 of the events it is sealed with the person's own key
 * (see ADR 0009); what version 1 wrote stands in its log in clear for ever, and no erasure reaches it there.
 */
import type { SubjectKeys } from '@citrus/kit-event-store';
import { z } from 'zod';

export const PersonalText = z.union([z.object({ sealed: z.string() }), z.object({ clear: z.string() })]);
export type PersonalText = z.infer<typeof PersonalText>;

/** The keyring's name for a person, which is also the person's stream. */
export const subjectOf = (userId: string): string => `user-${userId}`;
export const userOf = (subjectId: string): string => subjectId.slice('user-'.length);

/** Where a text stands; it opens there and nowhere else. Frozen: another place would make every text unreadable. */
export const places = {
  email: (userId: string) => `user-${userId}/email`,
  name: (userId: string) => `user-${userId}/name`,
  password: (userId: string) => `user-${userId}/password`,
  address: (sessionId: string) => `session-${sessionId}/address`,
  totp: (userId: string) => `secondfactor-${userId}/secret`,
  tokenName: (tokenId: string) => `apitoken-${tokenId}/name`,
  identity: (userId: string) => `identity-${userId}/subject`,
  audited: (entryId: string) => `audit-${entryId}/address`,
} as const;

export type PersonalTexts = {
  /** @throws Refusal `subject.erased` */
  seal(userId: string, place: string, text: string): Promise<PersonalText>;
  /** Undefined: the person was forgotten. */
  open(userId: string, place: string, text: PersonalText): Promise<string | undefined>;
};

export const createPersonalTexts = (keys: SubjectKeys): PersonalTexts => ({
  seal: async (userId, place, text) => ({ sealed: await keys.seal(subjectOf(userId), text, place) }),
  open: async (userId, place, text) => ('clear' in text ? text.clear : keys.open(subjectOf(userId), text.sealed, place)),
});
