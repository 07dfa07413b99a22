import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Cloud } from '../cloud/cloud.ts';
import { Faults } from '../cloud/faults.ts';
import { unprocessable } from './problem.ts';

/** What only a local cloud has: what its droplets really are, and its faults. Loopback only, so without a token. */
export type LocalInfo = { notes: readonly string[]; forwardPorts: readonly number[] };

export const localRoutes = (app: FastifyInstance, cloud: Cloud, info: LocalInfo): void => {
  app.get('/local/info', () => ({
    ...cloud.driver.info,
    forwardPorts: info.forwardPorts,
    notes: info.notes,
    droplets: cloud.state.droplets.length,
  }));

  app.get('/local/faults', () => cloud.weather.faults);

  app.put('/local/faults', (request) => {
    const parsed = Faults.safeParse(request.body);
    if (!parsed.success) throw unprocessable(z.prettifyError(parsed.error));
    cloud.weather.set(parsed.data);
    return parsed.data;
  });
};
