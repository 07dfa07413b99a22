/** All machines with the fleet's tag, as the pages of one listing showed them. */
import { FLEET_TAG, type CloudProvider, type Instance, type OperationKey } from '../provider/provider.port.ts';

export type Listing = {
  /** Before the first page was asked for: whatever the cloud showed then is in it. */
  readonly begunAt: number;
  readonly byRef: ReadonlyMap<string, Instance>;
  readonly pages: number;
  /**
   * Nothing came or went between two pages. Pages are cut by offset, so a machine that goes away moves another one from a
   * page that is still to come onto one that was read; then the listing shows what there is, but not what there is not.
   */
  readonly isWhole: boolean;
};

/** An account with more pages than this is not read to its end. */
const MOST_PAGES = 500;

export const listFleet = async (cloud: CloudProvider, now: () => number): Promise<Listing> => {
  const begunAt = now();
  const byRef = new Map<string, Instance>();
  const totals = new Set<number | undefined>();
  let [pages, rows] = [0, 0];
  for (let cursor: string | undefined; pages === 0 || (cursor !== undefined && pages < MOST_PAGES); pages += 1) {
    const page = await cloud.list(FLEET_TAG, cursor);
    for (const instance of page.items) byRef.set(instance.ref, instance);
    rows += page.items.length;
    totals.add(page.total);
    cursor = page.next;
  }
  const [total] = totals;
  const isWhole = pages === 1 || (totals.size === 1 && total === byRef.size && rows === byRef.size);
  return { begunAt, byRef, pages, isWhole };
};

const byAge = (one: Instance, other: Instance): number => one.createdAt.localeCompare(other.createdAt) || one.ref.localeCompare(other.ref, 'en', { numeric: true });

/** What a look-up by name and tag would have found. */
export const foundIn = ({ byRef }: Listing, { name, tag }: OperationKey): Instance[] =>
  [...byRef.values()].filter((instance) => instance.tags.includes(tag) || instance.name.toLowerCase() === name).sort(byAge);
