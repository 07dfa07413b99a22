/** Lists that come in pages, whole. */
import { pageOf } from '@citrus/contracts';
import type { z } from 'zod';
import type { Api } from './api.ts';
import type { Query } from './http.ts';

const LARGEST_PAGE = 200;

export const allOf = async <Item extends z.ZodType>(api: Api, path: string, item: Item, filters: Query = {}): Promise<z.infer<Item>[]> => {
  const all: z.infer<Item>[] = [];
  let cursor: string | undefined;
  do {
    const page: z.infer<ReturnType<typeof pageOf<Item>>> = await api.json({ path, query: { ...filters, limit: LARGEST_PAGE, cursor } }, pageOf(item));
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
};
