/** What people call installers. One that is gone, or is not read yet, is called by its id. */
import { useCallback } from 'preact/hooks';
import type { Catalogue } from '../api/types.ts';
import { useResource } from './resource.ts';

export type AppNames = (installer: string) => string;

export const useAppNames = (): AppNames => {
  const items = useResource<Catalogue>('/api/installers').data.value?.items;
  return useCallback((installer: string) => items?.find(({ id }) => id === installer)?.name ?? installer, [items]);
};
