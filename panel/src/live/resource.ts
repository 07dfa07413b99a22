/**
 * Something the hub knows, kept fresh: read at once, read again when a fact touches it, when the line comes back, when
 * the tab is looked at again, and (for what facts do not tell, such as presence) every few seconds.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { get } from '../api/client.ts';
import { addressIn } from '../api/scope.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { Fact } from '../api/types.ts';
import { me } from '../session/me.ts';
import { projectId } from '../session/project.ts';
import { listen } from './facts.ts';
import { createReadAgain } from './read-again.ts';

export type Resource<Data> = {
  readonly data: ReadonlySignal<Data | undefined>;
  readonly problem: ReadonlySignal<ApiProblem | undefined>;
  readonly refresh: () => Promise<void>;
};

export type Freshness = { readonly touchedBy?: (fact: Fact) => boolean; readonly everyMs?: number };

const known = new Map<string, unknown>();

/** What one visitor saw is not shown to the next one. */
export const forgetEverything = (): void => known.clear();

const createResource = <Data>(path: string): Resource<Data> => {
  const data = signal(known.get(path) as Data | undefined);
  const problem = signal<ApiProblem>();
  let reading: Promise<void> | undefined;
  let again = false;

  const read = async (): Promise<void> => {
    do {
      again = false;
      try {
        data.value = await get<Data>(path);
        // An answer may come after its reader has signed out.
        if (me.value) known.set(path, data.value);
        problem.value = undefined;
      } catch (thrown) {
        problem.value = asProblem(thrown);
      }
    } while (again);
    reading = undefined;
  };

  return {
    data,
    problem,
    refresh() {
      again = reading !== undefined;
      reading ??= read();
      return reading;
    },
  };
};

const keepFresh = ({ refresh }: Resource<unknown>, { touchedBy, everyMs }: Freshness): (() => void) => {
  const readAgain = createReadAgain(() => void refresh());
  const stopListening = listen({
    onFact: (fact) => { if (touchedBy?.(fact)) readAgain.touch(); },
    onReturn: () => void refresh(),
  });
  const onSight = (): void => { if (document.visibilityState === 'visible') void refresh(); };
  const timer = everyMs === undefined ? undefined : setInterval(onSight, everyMs);
  document.addEventListener('visibilitychange', onSight);
  return () => {
    stopListening();
    clearInterval(timer);
    readAgain.cancel();
    document.removeEventListener('visibilitychange', onSight);
  };
};

/** @param asked undefined for what the person may not see: nobody is asked in vain */
export const useResource = <Data>(asked: string | undefined, freshness: Freshness = {}): Resource<Data> => {
  const path = asked === undefined ? '' : addressIn(projectId.value, asked);
  const resource = useMemo(() => createResource<Data>(path), [path]);
  useEffect(() => {
    if (path === '') return undefined;
    void resource.refresh();
    return keepFresh(resource, freshness);
  }, [resource]);
  return resource;
};
