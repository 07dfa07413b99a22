import { z } from 'zod';
import { plainText } from './ids.ts';

/** A page of a list; `nextCursor` is null on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const PageRequest = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: plainText(512).optional(),
};
