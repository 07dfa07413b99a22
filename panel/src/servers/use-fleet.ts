/**
 * All servers of the project, page by page, kept fresh. The more pages there are, the seldomer they are read: a fact or a
 * turn of the clock never costs more than one call a second. Servers that have not changed stay the same objects, so
 * their rows are not drawn again.
 */
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { get } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { LiveServer, Page } from '../api/types.ts';
import { listen } from '../live/facts.ts';

const PAGE = 200;
/** More than these are asked for when somebody wants to see them. */
const PAGES_BY_ITSELF = 10;
const SOON_MS = 60;
const TRAILING_MS = 900;
const EVERY_MS = 10_000;
const GAP_OF_A_PAGE_MS = 1000;

export type Fleet = {
  /** By name; undefined until the first page is there. */
  readonly servers: ReadonlySignal<readonly LiveServer[] | undefined>;
  readonly problem: ReadonlySignal<ApiProblem | undefined>;
  /** There are more than were read. */
  readonly isPart: ReadonlySignal<boolean>;
  readonly refresh: () => Promise<void>;
  readonly readMore: () => Promise<void>;
};

/** When each agent was last heard: the one thing of a server that is another one each time, so it is told apart from the rest. */
const heard = new Map<string, Signal<string | null>>();
export const heardAt = ({ id, lastSeenAt = null }: Pick<LiveServer, 'id' | 'lastSeenAt'>): Signal<string | null> => {
  const known = heard.get(id) ?? signal(lastSeenAt);
  heard.set(id, known);
  return known;
};

const withoutHeard = (server: LiveServer): string => JSON.stringify({ ...server, lastSeenAt: null });

/** The servers as they were for those that are as they were, apart from when they were heard. */
export const keepSame = (before: readonly LiveServer[], now: readonly LiveServer[]): LiveServer[] => {
  const known = new Map(before.map((server) => [server.id, server]));
  return now.map((server) => {
    heardAt(server).value = server.lastSeenAt ?? null;
    const old = known.get(server.id);
    return old && withoutHeard(old) === withoutHeard(server) ? old : server;
  });
};

const createFleet = () => {
  const servers = signal<readonly LiveServer[] | undefined>(undefined);
  const problem = signal<ApiProblem | undefined>(undefined);
  const isPart = signal(false);
  let most = PAGES_BY_ITSELF;
  let pages = 1;
  let reading: Promise<void> | undefined;
  let again = false;

  const readAll = async (): Promise<void> => {
    const found: LiveServer[] = [];
    let cursor: string | null = null;
    let count = 0;
    do {
      const page: Page<LiveServer> = await get(`/api/servers?limit=${PAGE}&sort=name${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      found.push(...page.items);
      cursor = page.nextCursor;
      count += 1;
      // The first time, what is there is shown at once.
      if (found.length > (servers.value?.length ?? -1)) servers.value = keepSame(servers.value ?? [], found);
    } while (cursor !== null && count < most);
    pages = count;
    isPart.value = cursor !== null;
    servers.value = keepSame(servers.value ?? [], found);
  };
  const read = async (): Promise<void> => {
    do {
      again = false;
      try {
        await readAll();
        problem.value = undefined;
      } catch (thrown) {
        problem.value = asProblem(thrown);
      }
    } while (again);
    reading = undefined;
  };
  const refresh = (): Promise<void> => {
    again = reading !== undefined;
    reading ??= read();
    return reading;
  };
  return {
    servers, problem, isPart, refresh,
    gapMs: () => pages * GAP_OF_A_PAGE_MS,
    everyMs: () => Math.max(EVERY_MS, 2 * pages * GAP_OF_A_PAGE_MS),
    readMore: () => {
      most += PAGES_BY_ITSELF;
      return refresh();
    },
  };
};

const follow = ({ refresh, gapMs, everyMs }: ReturnType<typeof createFleet>): (() => void) => {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;
  let turn: ReturnType<typeof setTimeout> | undefined;
  let lastAt = performance.now();
  const readNow = (): void => {
    soon = undefined;
    lastAt = performance.now();
    void refresh();
  };
  const touch = (): void => {
    soon ??= setTimeout(readNow, Math.max(SOON_MS, lastAt + gapMs() - performance.now()));
    clearTimeout(later);
    // A read model trails its log by a moment.
    later = setTimeout(readNow, Math.max(TRAILING_MS, gapMs()));
  };
  const onSight = (): void => { if (document.visibilityState === 'visible') readNow(); };
  const again = (): void => {
    onSight();
    turn = setTimeout(again, everyMs());
  };
  turn = setTimeout(again, everyMs());
  const stopListening = listen({ onFact: ({ stream }) => { if (stream.startsWith('server-') || stream.startsWith('agent-')) touch(); }, onReturn: readNow });
  document.addEventListener('visibilitychange', onSight);
  return () => {
    stopListening();
    for (const timer of [soon, later, turn]) clearTimeout(timer);
    document.removeEventListener('visibilitychange', onSight);
  };
};

export const useFleet = (): Fleet => {
  const fleet = useMemo(createFleet, []);
  useEffect(() => {
    void fleet.refresh();
    return follow(fleet);
  }, []);
  return fleet;
};
