/** Pages of a list that is read as a whole because it is short. The cursor is the place of a page's last item, so nothing is repeated or left out when others come and go. */
import { plainText, type ListSort } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import { z } from 'zod';

export type ShortListRequest = { readonly sort: ListSort; readonly limit: number; readonly cursor?: string | undefined };
/** `name` is left out where items have none; they are then sorted by id instead. */
type Sortable = { readonly id: string; readonly createdAt: string; readonly name?: string };

const Cursor = z.tuple([z.string(), plainText(200), plainText(100)]);

const parsed = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
};

/** @throws ContractViolation also for a cursor of another order */
const placeOf = (cursor: string, sort: ListSort): [string, string] => {
  const place = Cursor.safeParse(parsed(cursor));
  if (!place.success || place.data[0] !== sort) throw new ContractViolation('That is no cursor of this list in this order; leave it out to begin anew.', [{ path: 'cursor', message: 'is not one that a page gave' }]);
  return [place.data[1], place.data[2]];
};

const compare = (one: readonly string[], other: readonly string[]): number => {
  const at = one.findIndex((text, index) => text !== other[index]);
  return at < 0 ? 0 : (one[at] ?? '') < (other[at] ?? '') ? -1 : 1;
};

/** @throws ContractViolation for a cursor that no page of this list gave */
export const pageOfShortList = <Item>(items: readonly Item[], { sort, limit, cursor }: ShortListRequest, sortableOf: (item: Item) => Sortable): { items: Item[]; nextCursor: string | null } => {
  const direction = sort.startsWith('-') ? -1 : 1;
  const keyOf = (item: Item): [string, string] => {
    const { id, name = id, createdAt } = sortableOf(item);
    return [sort.endsWith('name') ? name : createdAt, id];
  };
  const place = cursor === undefined ? undefined : placeOf(cursor, sort);
  const rest = items.map((item) => ({ item, key: keyOf(item) })).filter(({ key }) => place === undefined || compare(key, place) * direction > 0).toSorted((one, other) => compare(one.key, other.key) * direction);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(({ item }) => item), nextCursor: last && rest.length > limit ? Buffer.from(JSON.stringify([sort, ...last.key])).toString('base64url') : null };
};
