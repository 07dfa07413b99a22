/** The past as the hub tells it, for one project. */
import { get } from '../api/client.ts';
import type { Job, LiveServer } from '../api/types.ts';
import { projectId } from '../session/project.ts';
import type { StateChange } from './differences.ts';

type States<State> = { readonly items: readonly { readonly id: string; readonly state: State }[]; readonly nextCursor: string | null };
type Changes = { readonly items: readonly StateChange[]; readonly nextCursor: string | null };

/** The first look at a long log folds all of it. */
const FOLDS_WITHIN_MS = 45_000;
const PAGE = 1000;
const MOST_PAGES = 5;

const queryOf = (asked: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(Object.entries({ projectId: projectId.peek(), ...asked }).flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, value]]))).toString();

type Pages<Item> = { items: Item[]; isCut: boolean };

const readPages = async <Item>(path: string, signal: AbortSignal): Promise<Pages<Item>> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page: { items: readonly Item[]; nextCursor: string | null } = await get(`${path}&limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, { signal, timeoutMs: FOLDS_WITHIN_MS });
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === null) return { items, isCut: false };
  }
  return { items, isCut: true };
};

export type ServerThen = { readonly at: string | undefined; readonly server: LiveServer | undefined; readonly jobs: readonly Job[]; readonly change: StateChange | undefined };

/** A server, its jobs and what is different now; `at` undefined: now, and nothing is. */
export const readServerThen = async (serverId: string, at: string | undefined, signal: AbortSignal): Promise<ServerThen> => {
  const [states, jobs, changes] = await Promise.all([
    get<States<LiveServer>>(`/api/history/state?${queryOf({ of: 'server', id: serverId, at })}`, { signal, timeoutMs: FOLDS_WITHIN_MS }),
    get<States<Job>>(`/api/history/state?${queryOf({ of: 'job', serverId, at, limit: '1000' })}`, { signal, timeoutMs: FOLDS_WITHIN_MS }),
    at === undefined ? undefined : get<Changes>(`/api/history/diff?${queryOf({ of: 'server', id: serverId, from: at })}`, { signal, timeoutMs: FOLDS_WITHIN_MS }),
  ]);
  return { at, server: states.items[0]?.state, jobs: jobs.items.map(({ state }) => state).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)), change: changes?.items[0] };
};

export type FleetThen = { readonly at: string | undefined; readonly servers: readonly LiveServer[]; readonly changes: ReadonlyMap<string, StateChange>; readonly isCut: boolean };

export const readFleetThen = async (at: string | undefined, signal: AbortSignal): Promise<FleetThen> => {
  const [states, changes] = await Promise.all([
    readPages<States<LiveServer>['items'][number]>(`/api/history/state?${queryOf({ of: 'server', at })}`, signal),
    at === undefined ? { items: [], isCut: false } : readPages<StateChange>(`/api/history/diff?${queryOf({ of: 'server', from: at })}`, signal),
  ]);
  return {
    at, servers: states.items.map(({ state }) => state).filter(({ status }) => status !== 'deleted').toSorted((a, b) => a.name.localeCompare(b.name)),
    changes: new Map(changes.items.map((change) => [change.id, change])), isCut: states.isCut || changes.isCut,
  };
};

/** Undefined where there were too many jobs to read them all each time the slider rests. */
export const readJobsThen = async (at: string | undefined, signal: AbortSignal): Promise<readonly Job[] | undefined> => {
  const { items, nextCursor } = await get<States<Job>>(`/api/history/state?${queryOf({ of: 'job', at, limit: String(PAGE) })}`, { signal, timeoutMs: FOLDS_WITHIN_MS });
  return nextCursor === null ? items.map(({ state }) => state) : undefined;
};
