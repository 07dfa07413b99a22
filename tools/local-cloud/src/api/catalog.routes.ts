import { type FastifyInstance } from 'fastify';
import { findImage, images, regions, sizes } from '../cloud/catalog.ts';
import { type Cloud } from '../cloud/cloud.ts';
import { paged } from './paging.ts';
import { notFound } from './problem.ts';
import { API, imageView, regionView, sizeView, snapshotImageView } from './views.ts';

type Listing = { Querystring: Record<string, string | undefined> };

export const catalogRoutes = (app: FastifyInstance, cloud: Cloud, dropletLimit: number): void => {
  app.get('/v2/account', () => ({
    account: {
      droplet_limit: dropletLimit,
      floating_ip_limit: 3,
      email: 'local-cloud@example.com',
      name: 'Local cloud',
      uuid: cloud.state.accountUuid,
      email_verified: true,
      status: cloud.weather.faults.accountStatus,
      status_message: '',
    },
  }));

  app.get<Listing>('/v2/sizes', (request) => {
    const { items, links, meta } = paged(sizes, request.query, `${API}/v2/sizes`);
    return { sizes: items.map(sizeView), links, meta };
  });

  app.get<Listing>('/v2/regions', (request) => {
    const { items, links, meta } = paged(regions, request.query, `${API}/v2/regions`);
    return { regions: items.map((region) => regionView(region, cloud.weather.faults.unavailableRegions)), links, meta };
  });

  app.get<Listing>('/v2/images', (request) => {
    const { type, private: own, tag_name: tag } = request.query;
    const none = type === 'application' || tag !== undefined;
    const mine = cloud.snapshots.all().map((snapshot) => snapshotImageView(snapshot, cloud));
    const everybodys = own === 'true' ? [] : images.map((image) => imageView(image, cloud.driver.info));
    const { items, links, meta } = paged(none ? [] : [...everybodys, ...(type === 'distribution' ? [] : mine)], request.query, `${API}/v2/images`);
    return { images: items, links, meta };
  });

  app.get<{ Params: { id: string } }>('/v2/images/:id', (request) => {
    const image = findImage(request.params.id);
    if (image) return { image: imageView(image, cloud.driver.info) };
    const snapshot = cloud.snapshots.find(request.params.id);
    if (!snapshot) throw notFound();
    return { image: snapshotImageView(snapshot, cloud) };
  });
};
