import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Cloud } from '../cloud/cloud.ts';
import { Faults } from '../cloud/faults.ts';
import { notFound, unprocessable } from './problem.ts';

/** What only a local cloud has: what its droplets really are, and its faults. Loopback only, so without a token. */
export type LocalInfo = { notes: readonly string[]; forwardPorts: readonly number[] };

/** Where a follower of the machines stands, and how long it likes to wait for more. */
const Since = z.object({ after: z.coerce.number().int().min(0).default(0), wait_ms: z.coerce.number().int().min(0).max(60_000).default(0) });

export const localRoutes = (app: FastifyInstance, cloud: Cloud, info: LocalInfo): void => {
  app.get('/local/info', () => ({
    ...cloud.driver.info,
    forwardPorts: info.forwardPorts,
    notes: info.notes,
    droplets: cloud.state.droplets.length,
  }));

  app.get('/local/machines', (request) => {
    const { feed } = cloud.driver;
    if (!feed) throw notFound();
    const query = Since.safeParse(request.query);
    if (!query.success) throw unprocessable(z.prettifyError(query.error));
    return feed.after(query.data.after, query.data.wait_ms);
  });

  app.get('/local/faults', () => cloud.weather.faults);

  app.put('/local/faults', (request) => {
    const parsed = Faults.safeParse(request.body);
    if (!parsed.success) throw unprocessable(z.prettifyError(parsed.error));
    cloud.weather.set(parsed.data);
    return parsed.data;
  });
};
