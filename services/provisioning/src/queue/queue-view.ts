/** Tells people of a server that waits how many are before it and what it waits for; reckoned when it is read. */
import type { Server } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { sql, type Kysely } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import type { Clouds } from '../provider/clouds.ts';
import { PLACES } from './places.ts';

export type Outlook = { readonly waitMs: number; readonly cause: 'limit' | 'unauthorized' };

/** To the minute after: whoever looks again then sees it go on. */
const timeOf = (ms: number): string => new Date(Math.ceil(ms / 60_000) * 60_000).toISOString().slice(11, 16);

/** Null: only for its turn. */
export const waitsFor = (outlook: Outlook | undefined, now: number): string | null => {
  if (!outlook || outlook.waitMs <= 0) return null;
  const until = timeOf(now + outlook.waitMs);
  return outlook.cause === 'unauthorized' ? `The cloud does not accept the API token; it is asked again at ${until} UTC.` : `The cloud’s request limit is used up until ${until} UTC.`;
};

export type QueueView = { withPlaces(servers: readonly Server[]): Promise<Server[]> };

export const openQueueView = ({ db, clouds, now }: { readonly db: Kysely<ProvisioningDatabase>; readonly clouds: Pick<Clouds, 'cloudFor'>; readonly now: () => Date }): QueueView => {
  const outlookOf = async (server: Server): Promise<Outlook | undefined> => {
    try {
      return await (await clouds.cloudFor(server)).outlook?.();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return undefined; // its note says why
    }
  };
  return {
    withPlaces: async (servers) => {
      const waiting = servers.filter(({ status, provider }) => status === 'creating' && provider !== 'none');
      if (waiting.length === 0) return [...servers];
      const { rows } = await sql<{ server_id: string; place: number; total: number }>`
        select server_id, place::int, total::int from (${PLACES}) places where server_id = any(${waiting.map(({ id }) => id)}::uuid[])`.execute(db);
      const places = new Map(rows.map((row) => [row.server_id, row]));
      const outlooks = new Map<string | null, Promise<Outlook | undefined>>();
      return Promise.all(servers.map(async (server) => {
        const place = places.get(server.id);
        if (!place) return server;
        const outlook = outlooks.get(server.cloudId) ?? outlookOf(server);
        outlooks.set(server.cloudId, outlook);
        return { ...server, queue: { position: place.place, of: place.total, waitsFor: waitsFor(await outlook, now().getTime()) } };
      }));
    },
  };
};
