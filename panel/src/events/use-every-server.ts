/** Every server that there ever was in the project, the newest first: history knows the names of those that are gone. */
import { useResource } from '../live/resource.ts';
import { projectId } from '../session/project.ts';
import type { Named } from './use-names.ts';

type States = { readonly items: readonly { readonly id: string; readonly state: { readonly name: string; readonly createdAt: string } }[] };

export const useEveryServer = (): readonly Named[] => {
  const states = useResource<States>(`/api/history/state?of=server&limit=1000&projectId=${projectId.value}`, { touchedBy: ({ type }) => type === 'ServerRequested' || type === 'ServerRenamed' });
  return (states.data.value?.items ?? []).toSorted((a, b) => b.state.createdAt.localeCompare(a.state.createdAt)).map(({ id, state: { name } }) => ({ id, name }));
};
