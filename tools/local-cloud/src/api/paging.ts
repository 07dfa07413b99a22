import { z } from 'zod';

/** Numbered pages with absolute links that keep the query, as the real service answers them. */
const Page = z.object({
  page: z.coerce.number().int().min(1).default(1),
  per_page: z.coerce.number().int().min(1).max(200).default(20),
});

type Query = Record<string, unknown>;
export type Paged<T> = { items: T[]; links: { pages?: Record<string, string> }; meta: { total: number } };

/** `address` is the absolute address of the listed collection, without a query. */
export const paged = <T>(all: readonly T[], query: Query, address: string): Paged<T> => {
  const { page, per_page: perPage } = Page.safeParse(query).data ?? { page: 1, per_page: 20 };
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const items = all.slice((page - 1) * perPage, page * perPage);
  const to = (number: number) => `${address}?${withPage(query, number)}`;
  const backward = page > 1 ? { first: to(1), prev: to(Math.min(page - 1, last)) } : {};
  const forward = page < last ? { next: to(page + 1), last: to(last) } : {};
  return { items, links: last > 1 || page > 1 ? { pages: { ...backward, ...forward } } : {}, meta: { total: all.length } };
};

const withPage = (query: Query, page: number): string => {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (key !== 'page') parameters.append(key, String(value));
  parameters.append('page', String(page));
  return parameters.toString();
};
