import { z } from 'zod';

/** A number of servers, or a part of all of them. */
export const Share = z.string().regex(/^([1-9]\d{0,3}|([1-9]\d?|100)%)$/, 'a number such as 3, or a part such as 25%');
