/** Names for completion, from the hub: soon or not at all, and never an error in the middle of somebody's line. */
import { Project, Server } from '@citrus/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import type { NameKind, Names } from './offers.ts';

const WITHIN_MS = 2000;

const ASK: Readonly<Record<NameKind, (api: Api) => Promise<readonly string[]>>> = {
  server: async (api) => (await allOf(api, '/api/servers', Server)).map(({ name }) => name),
  project: async (api) => (await allOf(api, '/api/projects', Project)).map(({ name }) => name),
  installer: async (api) => (await api.json({ path: '/api/installers' }, z.object({ items: z.array(z.object({ id: z.string() })) }))).items.map(({ id }) => id),
};

export const namesWithin = (open: () => Api, withinMs = WITHIN_MS): Names => async (kind) => {
  const over = new AbortController();
  try {
    return await Promise.race([ASK[kind](open()), delay(withinMs, [] as readonly string[], { signal: over.signal })]);
  } catch {
    return [];
  } finally {
    over.abort();
  }
};
export const namesFromHub: Names = namesWithin(openApi);
