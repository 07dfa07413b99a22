import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { findImage, findSize } from '../cloud/catalog.ts';
import { type Cloud } from '../cloud/cloud.ts';
import { type Lives } from '../cloud/lives.ts';
import { actionTypes, type ActionType } from '../cloud/power.ts';
import { type Action, type Droplet } from '../cloud/state.ts';
import { readName } from './create-droplet.request.ts';
import { gettableDroplet, isListed } from './droplets.routes.ts';
import { paged } from './paging.ts';
import { badRequest, notFound, pendingEvent, unprocessable } from './problem.ts';
import { actionView, API } from './views.ts';

const Body = z.object({
  type: z.enum(actionTypes),
  name: z.string().optional(),
  size: z.string().optional(),
  disk: z.boolean().optional(),
  image: z.union([z.string(), z.int()]).optional(),
});
type Query = Record<string, string | undefined>;

/** Those that may be sent to all droplets of a tag. */
const byTag: ReadonlySet<ActionType> = new Set(['power_cycle', 'power_on', 'power_off', 'shutdown']);

export const actionRoutes = (app: FastifyInstance, cloud: Cloud, lives: Lives): void => {
  app.post<{ Params: { id: string } }>('/v2/droplets/:id/actions', async (request, reply) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const action = order(cloud, droplet, readBody(request.body));
    await cloud.save();
    lives.begin(droplet, action);
    return reply.code(201).send({ action: actionView(action) });
  });

  app.post<{ Querystring: Query }>('/v2/droplets/actions', async (request, reply) => {
    const tag = request.query['tag_name'];
    if (!tag) throw badRequest('tag_name is required.');
    const body = readBody(request.body);
    if (!byTag.has(body.type)) throw unprocessable(`${body.type} cannot be sent to a tag.`);
    const made = cloud.state.droplets.filter((droplet) => isListed(droplet, tag, undefined)).map((droplet) => ({ droplet, action: order(cloud, droplet, body) }));
    await cloud.save();
    for (const { droplet, action } of made) lives.begin(droplet, action);
    return reply.code(201).send({ actions: made.map(({ action }) => actionView(action)) });
  });

  app.get<{ Params: { id: string }; Querystring: Query }>('/v2/droplets/:id/actions', (request) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    return list(cloud.state.actions.filter((action) => action.dropletId === droplet.id), request.query, `/v2/droplets/${droplet.id}/actions`);
  });

  app.get<{ Params: { id: string; action: string } }>('/v2/droplets/:id/actions/:action', (request) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    return { action: actionView(find(cloud, request.params.action, droplet)) };
  });

  app.get<{ Querystring: Query }>('/v2/actions', (request) => list(cloud.state.actions, request.query, '/v2/actions'));
  app.get<{ Params: { id: string } }>('/v2/actions/:id', (request) => ({ action: actionView(find(cloud, request.params.id)) }));
};

const list = (actions: readonly Action[], query: Query, path: string) => {
  const { items, links, meta } = paged(actions.toReversed(), query, `${API}${path}`);
  return { actions: items.map(actionView), links, meta };
};

const find = (cloud: Cloud, id: string, droplet?: Droplet): Action => {
  const action = cloud.action(id);
  if (!action || (droplet && action.dropletId !== droplet.id)) throw notFound();
  return action;
};

const readBody = (raw: unknown): z.infer<typeof Body> => {
  const parsed = Body.safeParse(raw);
  if (!parsed.success) throw unprocessable(`Not an action that the local cloud can do: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data;
};

/** One at a time; and only what makes sense now. */
const order = (cloud: Cloud, droplet: Droplet, body: z.infer<typeof Body>): Action => {
  if (droplet.deleteAt !== undefined) throw notFound();
  if (cloud.pendingAction(droplet) || droplet.status === 'new') throw pendingEvent();
  const off = droplet.status === 'off';
  if (body.type === 'power_on' && !off) throw unprocessable('Droplet is already powered on.');
  if (off && (['power_off', 'shutdown', 'reboot', 'power_cycle'] as ActionType[]).includes(body.type)) throw unprocessable('Droplet is already powered off.');
  return cloud.begin(body.type, droplet, argumentOf(body, off));
};

const argumentOf = (body: z.infer<typeof Body>, off: boolean): string | undefined => {
  switch (body.type) {
    case 'rename':
      return readName(body.name ?? '');
    case 'resize': {
      if (!off) throw unprocessable('This Droplet is running. Please power off before resizing.');
      const size = findSize(body.size ?? '');
      if (!size) throw unprocessable('You specified an invalid size.');
      return size.slug;
    }
    case 'rebuild': {
      const image = findImage(body.image ?? '');
      if (!image) throw unprocessable('You specified an invalid image.');
      return image.slug;
    }
    case 'power_on':
    case 'power_off':
    case 'shutdown':
    case 'reboot':
    case 'power_cycle':
      return undefined;
  }
};
