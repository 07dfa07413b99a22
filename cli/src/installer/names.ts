/** What people call installers; one that is gone is called by its id. */
import { z } from 'zod';
import type { Api } from '../api/api.ts';

const Catalogue = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });

export const installerNames = async (api: Api): Promise<(id: string) => string> => {
  const { items } = await api.json({ path: '/api/installers' }, Catalogue);
  const names = new Map(items.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
};
