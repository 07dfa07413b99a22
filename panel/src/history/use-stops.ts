/** The events that the slider goes over: the newest thousand, what comes live, and earlier ones as they are asked for. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { get } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { Fact, Page } from '../api/types.ts';
import { listen } from '../live/facts.ts';
import { mergeFacts } from '../events/merge.ts';
import { projectId } from '../session/project.ts';
import { useAction } from '../ui/action.ts';
import { stopsOf, type Stop } from './stops.ts';

const PAGE = 1000;

type Asked = { /** Of `/api/events`, without a page. */ readonly query: string; readonly isWanted: (fact: Fact) => boolean };
export type Stops = {
  readonly stops: readonly Stop[] | undefined;
  readonly facts: readonly Fact[];
  readonly problem: ApiProblem | undefined;
  readonly retry: () => void;
  readonly earlier: { readonly isThere: boolean; readonly isBusy: boolean; readonly problem: ApiProblem | undefined; readonly load: () => void };
};

export const useStops = ({ query, isWanted }: Asked): Stops => {
  const path = `/api/events?${query}&projectId=${projectId.value}&limit=${PAGE}`;
  const facts = useSignal<Fact[] | undefined>(undefined);
  const cursor = useSignal<string | null>(null);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const earlier = useAction();

  const readNewest = async (): Promise<void> => {
    try {
      const page = await get<Page<Fact>>(path);
      if (facts.peek() === undefined) cursor.value = page.nextCursor;
      facts.value = mergeFacts(facts.peek() ?? [], page.items);
      problem.value = undefined;
    } catch (thrown) {
      problem.value = asProblem(thrown);
    }
  };
  const loadEarlier = (): Promise<void> => earlier.run(async () => {
    const page = await get<Page<Fact>>(`${path}&cursor=${encodeURIComponent(cursor.value ?? '')}`);
    facts.value = mergeFacts(facts.peek() ?? [], page.items);
    cursor.value = page.nextCursor;
  });

  useEffect(() => {
    void readNewest();
    return listen({
      onFact: (fact) => { if (fact.projectId === projectId.peek() && isWanted(fact)) facts.value = mergeFacts(facts.peek() ?? [], [fact]); },
      onReturn: () => void readNewest(),
    });
  }, [path]);

  const known = facts.value;
  const stops = useMemo(() => known && stopsOf(known), [known]);
  return {
    stops, facts: known ?? [], problem: problem.value, retry: () => void readNewest(),
    earlier: { isThere: cursor.value !== null, isBusy: earlier.isBusy.value, problem: earlier.problem.value, load: () => void loadEarlier() },
  };
};
