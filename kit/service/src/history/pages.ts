/** Pages of states: in the order of ids, so that a cursor says where to go on, and as much as one NATS message carries. */
import { ContractViolation } from '@citrus/kit-domain';
import { z } from 'zod';

const MOST_PAGE_BYTES = 700_000;

/** The positions that the reader's pages are about, and the id that the page before ended with. */
const Cursor = z.tuple([z.array(z.int().min(0)).min(1).max(2), z.string()]);
export type Cursor = z.infer<typeof Cursor>;

export const formatCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

/** @throws ContractViolation */
export const parseCursor = (text: string, positions: number): Cursor => {
  try {
    return Cursor.refine(([at]) => at.length === positions).parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new ContractViolation('The cursor is not one of ours.', [{ path: 'cursor', message: 'take it from nextCursor of the page before' }], { cause });
  }
};

export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As many as were asked for and fit, at least one; `last` is the id to go on after. */
export const cutPage = <Item extends { readonly id: string }>(items: Iterable<Item>, limit: number): { readonly items: Item[]; readonly last: string | undefined } => {
  const page: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (page.length === limit || (page.length > 0 && bytes > MOST_PAGE_BYTES)) return { items: page, last: page.at(-1)?.id };
    page.push(item);
  }
  return { items: page, last: undefined };
};
