/** What stands in an access token, of one whose signature was checked before. */
import { z } from 'zod';

const Claims = z.object({ sub: z.string(), sid: z.string(), exp: z.number(), pos: z.number().optional() });

export const claimsIn = (token: string): z.infer<typeof Claims> => Claims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
