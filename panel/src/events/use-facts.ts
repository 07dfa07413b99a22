/**
 * The timeline's facts: the newest page that the hub finds, older ones as they are asked for, and what happens meanwhile.
 * Who has scrolled down reads; what is new then waits to be asked for, so that nothing moves under the eyes.
 */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { Fact, Page } from '../api/types.ts';
import { listen } from '../live/facts.ts';
import { projectId } from '../session/project.ts';
import { useAction } from '../ui/action.ts';
import { isWanted, mergeFacts, queryOf, type Wanted } from './merge.ts';

const PAGE = 50;
const IS_AT_TOP_PX = 160;

export const useFacts = (wanted: Wanted) => {
  const path = `/api/events?limit=${PAGE}&${queryOf(wanted, projectId.value)}`;
  const read = useSignal<{ readonly path: string; readonly facts: readonly Fact[]; readonly cursor: string | null } | undefined>(undefined);
  const fresh = useSignal<readonly Fact[]>([]);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const loading = useAction();

  /** What was loaded before stays: a line that was down has only missed what is newer. */
  const readNewest = async (signal: AbortSignal): Promise<void> => {
    try {
      const page = await get<Page<Fact>>(path, { signal });
      if (signal.aborted) return;
      const before = read.peek()?.path === path ? read.peek() : undefined;
      read.value = { path, facts: mergeFacts(before?.facts ?? [], page.items), cursor: before ? before.cursor : page.nextCursor };
      problem.value = undefined;
    } catch (thrown) {
      if (!signal.aborted) problem.value = asProblem(thrown);
    }
  };
  const showFresh = (): void => {
    if (read.value) read.value = { ...read.value, facts: mergeFacts(fresh.peek(), read.value.facts) };
    fresh.value = [];
  };

  useEffect(() => {
    const request = new AbortController();
    fresh.value = [];
    void readNewest(request.signal);
    const stop = listen({
      onFact: (fact) => {
        if (fact.projectId !== projectId.peek() || !isWanted(fact, wanted) || read.peek()?.facts.some(({ id }) => id === fact.id)) return;
        fresh.value = mergeFacts(fresh.peek(), [fact]);
        if (scrollY < IS_AT_TOP_PX) showFresh();
      },
      onReturn: () => void readNewest(request.signal),
    });
    return () => {
      stop();
      request.abort();
    };
  }, [path]);

  const loadOlder = () => loading.run(async () => {
    const before = read.peek();
    if (!before?.cursor) return;
    const page = await get<Page<Fact>>(`${before.path}&cursor=${encodeURIComponent(before.cursor)}`);
    if (read.peek()?.path === before.path) read.value = { ...before, facts: mergeFacts(read.peek()?.facts ?? [], page.items), cursor: page.nextCursor };
  });

  return {
    facts: read.value?.facts, isBusy: read.value?.path !== path && !problem.value, problem: problem.value, retry: () => void readNewest(new AbortController().signal),
    fresh: fresh.value.length, showFresh, hasOlder: Boolean(read.value?.cursor), loading, loadOlder,
  };
};
