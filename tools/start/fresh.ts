/** `npm start -- --fresh`: the droplets are destroyed by the cloud that made them, then the home is emptied. */
import { existsSync, readFileSync } from 'node:fs';
import { startLocalCloud } from '@citrus/local-cloud';
import { clearHome, type Home } from './home.ts';

const DESTROY_WITHIN_MS = 60_000;

const destroyDroplets = async (home: Home): Promise<void> => {
  const token = readFileSync(home.path('secrets', 'cloud.token'), 'utf8');
  const cloud = await startLocalCloud({ dir: home.path('cloud'), token, driver: 'auto' });
  const ask = (method: string, path: string) => fetch(`${cloud.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  const listed = async () => ((await (await ask('GET', '/v2/droplets?per_page=200')).json()) as { droplets: { id: number }[] }).droplets;
  const deadline = Date.now() + DESTROY_WITHIN_MS;
  for (let droplets = await listed(); droplets.length > 0 && Date.now() < deadline; droplets = await listed()) {
    for (const { id } of droplets) await ask('DELETE', `/v2/droplets/${id}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await cloud.stop();
};

export const forgetEverything = async (home: Home): Promise<void> => {
  if (existsSync(home.path('cloud')) && existsSync(home.path('secrets', 'cloud.token'))) await destroyDroplets(home);
  clearHome(home);
};
