/** A list that comes in pages: the first one kept fresh, further ones as they are asked for. */
import { useSignal } from '@preact/signals';
import { get } from '../api/client.ts';
import type { ApiProblem } from '../api/problem.ts';
import type { Page } from '../api/types.ts';
import { useResource, type Freshness } from '../live/resource.ts';
import { busy, useAction } from './action.ts';
import { ProblemNote } from './problem-note.tsx';

export type Pages<Item> = {
  readonly items: readonly Item[] | undefined;
  readonly problem: ApiProblem | undefined;
  readonly refresh: () => Promise<void>;
  readonly more: { readonly isThere: boolean; readonly isBusy: boolean; readonly problem: ApiProblem | undefined; readonly load: () => void };
};

/** @param path with a query, and without a cursor */
export const usePages = <Item,>(path: string, freshness: Freshness = {}): Pages<Item> => {
  const first = useResource<Page<Item>>(path, freshness);
  const further = useSignal<{ readonly path: string; readonly items: readonly Item[]; readonly cursor: string | null } | undefined>(undefined);
  const loading = useAction();
  const later = further.value?.path === path ? further.value : undefined;
  const cursor = later ? later.cursor : first.data.value?.nextCursor;
  const load = (): void => void loading.run(async () => {
    const page = await get<Page<Item>>(`${path}&cursor=${encodeURIComponent(cursor ?? '')}`);
    further.value = { path, items: [...(later?.items ?? []), ...page.items], cursor: page.nextCursor };
  });
  return {
    items: first.data.value && [...first.data.value.items, ...(later?.items ?? [])],
    problem: first.problem.value,
    // What changed may stand on any page: those are loaded again as they are asked for.
    refresh: async () => {
      further.value = undefined;
      await first.refresh();
    },
    more: { isThere: Boolean(cursor), isBusy: loading.isBusy.value, problem: loading.problem.value, load },
  };
};

export const More = ({ more, text }: { more: Pages<unknown>['more']; text: string }) => (
  <>
    <ProblemNote problem={more.problem} />
    {more.isThere && <p class="center more-row"><button type="button" class="small" {...busy(more.isBusy)} onClick={more.load}>{text}</button></p>}
  </>
);
