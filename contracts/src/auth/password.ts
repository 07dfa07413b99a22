/** What a new password may be at all. Whether it is a good one only auth can say, which has the dictionary. */
import { z } from 'zod';

export const PASSWORD_LENGTH = { fewest: 12, most: 1024 } as const;

/** Shorter ones come through, so that they are refused in the same words as all others. */
export const NewPassword = z.string().min(1).max(PASSWORD_LENGTH.most);
