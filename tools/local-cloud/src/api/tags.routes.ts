import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Cloud } from '../cloud/cloud.ts';
import { type Droplet } from '../cloud/state.ts';
import { isTag } from './create-droplet.request.ts';
import { paged } from './paging.ts';
import { notFound, unprocessable } from './problem.ts';
import { API, tagView } from './views.ts';

type Named = { Params: { tag: string } };
const Resources = z.object({ resources: z.array(z.object({ resource_id: z.string(), resource_type: z.literal('droplet') })) });

export const tagRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  const tagNamed = (name: string): string => {
    const tag = cloud.findTag(name);
    if (tag === undefined) throw notFound();
    return tag;
  };

  app.get<{ Querystring: Record<string, string | undefined> }>('/v2/tags', (request) => {
    const { items, links, meta } = paged(cloud.state.tags, request.query, `${API}/v2/tags`);
    return { tags: items.map((tag) => tagView(tag, cloud)), links, meta };
  });

  app.post('/v2/tags', async (request, reply) => {
    const { name } = z.object({ name: z.string() }).safeParse(request.body).data ?? { name: '' };
    if (!isTag(name)) throw unprocessable('Tags may only contain letters, numbers, colons, dashes, and underscores.');
    cloud.addTags([name]);
    await cloud.save();
    return reply.code(201).send({ tag: tagView(tagNamed(name), cloud) });
  });

  app.get<Named>('/v2/tags/:tag', (request) => ({ tag: tagView(tagNamed(request.params.tag), cloud) }));

  app.delete<Named>('/v2/tags/:tag', async (request, reply) => {
    const tag = tagNamed(request.params.tag);
    for (const droplet of cloud.state.droplets) untag(droplet, tag);
    cloud.removeTag(tag);
    await cloud.save();
    return reply.code(204).send();
  });

  app.post<Named>('/v2/tags/:tag/resources', async (request, reply) => {
    const tag = tagNamed(request.params.tag);
    for (const droplet of dropletsOf(request.body, cloud)) if (!droplet.tags.includes(tag)) droplet.tags.push(tag);
    await cloud.save();
    return reply.code(204).send();
  });

  app.delete<Named>('/v2/tags/:tag/resources', async (request, reply) => {
    const tag = tagNamed(request.params.tag);
    for (const droplet of dropletsOf(request.body, cloud)) untag(droplet, tag);
    await cloud.save();
    return reply.code(204).send();
  });
};

const untag = (droplet: Droplet, tag: string): void => {
  droplet.tags = droplet.tags.filter((one) => one !== tag);
};

const dropletsOf = (raw: unknown, cloud: Cloud): Droplet[] => {
  const parsed = Resources.safeParse(raw);
  if (!parsed.success) throw unprocessable('The local cloud tags droplets only: resources must be [{resource_id, resource_type: "droplet"}].');
  return parsed.data.resources.map(({ resource_id: id }) => {
    const droplet = cloud.droplet(id);
    if (!droplet) throw notFound();
    return droplet;
  });
};
