/** People: what others may ask auth to do with them. */
import { z } from 'zod';
import { Instant, UserId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** A person was forgotten: what the logs say about him or her can no longer be read. The id stays, as the name of nobody. */
export const ErasedUser = z.object({ userId: UserId, erasedAt: Instant });
export type ErasedUser = z.infer<typeof ErasedUser>;

/** For good. Everybody may ask it for himself, an administrator for everybody; auth decides. */
export const eraseUser = defineRequest({ subject: subjects.rpc('auth', 'user', 'erase'), input: z.strictObject({ userId: UserId }), reply: ErasedUser, access: { by: 'person', with: 'session' } });
