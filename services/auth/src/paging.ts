/** Cursors of lists that are ordered by time and id: opaque to callers, refused when they are none of ours. */
import { Instant } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import { z } from 'zod';

export type Place = { readonly at: string; readonly id: string };
const PlaceText = z.tuple([Instant, z.uuid()]);

export const cursorOf = ({ at, id }: Place): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

const parsed = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
};

/** @throws ContractViolation */
export const placeOf = (cursor: string | undefined): Place | undefined => {
  if (cursor === undefined) return undefined;
  const place = PlaceText.safeParse(parsed(cursor));
  if (!place.success) throw new ContractViolation('That is no cursor of this list; leave it out to begin anew.', [{ path: 'cursor', message: 'is not one that a page gave' }]);
  return { at: place.data[0], id: place.data[1] };
};

/** Of `limit + 1` rows: the page, and where the next one begins. */
export const pageFrom = <Row>(rows: readonly Row[], limit: number, place: (row: Row) => Place): { rows: readonly Row[]; nextCursor: string | null } => {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, nextCursor: rows.length > limit && last ? cursorOf(place(last)) : null };
};
