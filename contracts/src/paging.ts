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

/** By name, or by when it was made; `-` turns it round. */
export const ListSort = z.enum(['name', '-name', 'createdAt', '-createdAt']);
export type ListSort = z.infer<typeof ListSort>;

/**
 * Of a list that cannot grow long, because there is a limit to what can be made. Who asks for no page gets the largest,
 * which has all of it: so it was answered before it came in pages.
 */
export const shortList = (sort: ListSort) => ({ ...PageRequest, limit: PageRequest.limit.default(200), sort: ListSort.default(sort) });
