import { type FastifyInstance } from 'fastify';
import { type Cloud } from '../cloud/cloud.ts';
import { type Snapshot } from '../cloud/state.ts';
import { gettableDroplet, loseAnswer } from './droplets.routes.ts';
import { paged } from './paging.ts';
import { notFound, unprocessable } from './problem.ts';
import { API, dropletSnapshotView, snapshotView } from './views.ts';

type Query = Record<string, string | undefined>;
type ById = { Params: { id: string } };

/** The same snapshot has a number for an id below its droplet and a text in the list of all, as on the real service. */
export const snapshotRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  const snapshot = (id: string): Snapshot => {
    const found = cloud.snapshots.find(id);
    if (!found) throw notFound();
    return found;
  };

  app.get<ById & { Querystring: Query }>('/v2/droplets/:id/snapshots', (request) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const { items, links, meta } = paged(cloud.snapshots.of(droplet), request.query, `${API}/v2/droplets/${droplet.id}/snapshots`);
    return { snapshots: items.map(dropletSnapshotView), links, meta };
  });

  /** Backups are switched on and off; none is ever made here. */
  app.get<ById & { Querystring: Query }>('/v2/droplets/:id/backups', (request) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const { links, meta } = paged([], request.query, `${API}/v2/droplets/${droplet.id}/backups`);
    return { backups: [], links, meta };
  });

  app.get<{ Querystring: Query }>('/v2/snapshots', (request) => {
    const type = request.query['resource_type'];
    if (type !== undefined && type !== 'droplet' && type !== 'volume') throw unprocessable('resource_type must be droplet or volume.');
    const { items, links, meta } = paged(type === 'volume' ? [] : cloud.snapshots.all(), request.query, `${API}/v2/snapshots`);
    return { snapshots: items.map(snapshotView), links, meta };
  });

  app.get<ById>('/v2/snapshots/:id', (request) => ({ snapshot: snapshotView(snapshot(request.params.id)) }));

  const remove = async (id: string): Promise<void> => {
    const found = snapshot(id);
    if (cloud.isImageInUse(found)) throw unprocessable('The snapshot is being used by an action that is in progress.');
    await cloud.snapshots.remove(found);
    await cloud.save();
  };
  for (const path of ['/v2/snapshots/:id', '/v2/images/:id']) {
    app.delete<ById>(path, async (request, reply) => {
      await remove(request.params.id);
      if (await loseAnswer(cloud, '', request, reply)) return reply;
      return reply.code(204).send();
    });
  }
};
