import { z } from 'zod';
import { plainText } from './ids.ts';

/** A page of a list; `nextCursor` is null on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** The newest first, or the oldest; what was made at the same moment is sorted by id, so that pages neither lack nor repeat anything. */
export const TimeSort = z.enum(['createdAt', '-createdAt']);
export type TimeSort = z.infer<typeof TimeSort>;

export const PageRequest = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: plainText(512).optional(),
};
