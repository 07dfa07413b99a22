import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud/cloud.ts';
import { locked, notFound } from './problem.ts';
import { locationView, paged, snapshotView, systemImageView, typeView } from './views.ts';
import { locations, serverTypes, systemImages } from './words.ts';

type Query = Record<string, string | undefined>;

/** What can be ordered, and the images that were made of servers. Backups are switched on and off; none is ever made here. */
export const offerRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get<{ Querystring: Query }>('/locations', ({ query }) => {
    const { items, meta } = paged(locations, query);
    return { locations: items.map(locationView), meta };
  });

  app.get<{ Querystring: Query }>('/server_types', ({ query }) => {
    const { items, meta } = paged(serverTypes, query);
    return { server_types: items.map(typeView), meta };
  });

  app.get<{ Querystring: Query }>('/images', ({ query }) => {
    const { type } = query;
    const all = [
      ...(type === undefined || type === 'system' ? systemImages.map(systemImageView) : []),
      ...(type === undefined || type === 'snapshot' ? cloud.snapshots.all().map((snapshot) => snapshotView({ ...snapshot, isReady: true }, cloud)) : []),
    ];
    const { items, meta } = paged(all, query);
    return { images: items, meta };
  });

  app.delete<{ Params: { id: string } }>('/images/:id', async (request, reply) => {
    const snapshot = cloud.snapshots.find(request.params.id);
    if (!snapshot) throw notFound('image', request.params.id);
    if (cloud.isImageInUse(snapshot)) throw locked();
    await cloud.snapshots.remove(snapshot);
    await cloud.save();
    return reply.code(204).send();
  });
};
