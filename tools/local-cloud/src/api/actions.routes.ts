import { type FastifyInstance } from 'fastify';
import { type Cloud } from '../cloud/cloud.ts';
import { type Lives } from '../cloud/lives.ts';
import { type ActionType } from '../cloud/power.ts';
import { type Action, type Droplet } from '../cloud/state.ts';
import { orderAction, readActionRequest } from './action.request.ts';
import { gettableDroplet, isListed, loseAnswer } from './droplets.routes.ts';
import { paged } from './paging.ts';
import { badRequest, notFound, unprocessable } from './problem.ts';
import { actionView, API } from './views.ts';

type Query = Record<string, string | undefined>;

/** Those that may be sent to all droplets of a tag. */
const byTag: ReadonlySet<ActionType> = new Set(['power_cycle', 'power_on', 'power_off', 'shutdown', 'enable_backups', 'disable_backups', 'snapshot']);

export const actionRoutes = (app: FastifyInstance, cloud: Cloud, lives: Lives): void => {
  app.post<{ Params: { id: string } }>('/v2/droplets/:id/actions', async (request, reply) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const action = orderAction(cloud, droplet, readActionRequest(request.body));
    await cloud.save();
    lives.begin(droplet, action);
    if (await loseAnswer(cloud, droplet.name, request, reply)) return reply;
    return reply.code(201).send({ action: actionView(action) });
  });

  app.post<{ Querystring: Query }>('/v2/droplets/actions', async (request, reply) => {
    const tag = request.query['tag_name'];
    if (!tag) throw badRequest('tag_name is required.');
    const body = readActionRequest(request.body);
    if (!byTag.has(body.type)) throw unprocessable(`${body.type} cannot be sent to a tag.`);
    const tagged = cloud.state.droplets.filter((droplet) => isListed(droplet, tag, undefined));
    const made = tagged.map((droplet) => ({ droplet, action: orderAction(cloud, droplet, body) }));
    await cloud.save();
    for (const { droplet, action } of made) lives.begin(droplet, action);
    if (await loseAnswer(cloud, '', request, reply)) return reply;
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

/** Newest first. */
const list = (actions: readonly Action[], query: Query, path: string) => {
  const { items, links, meta } = paged(actions.toReversed(), query, `${API}${path}`);
  return { actions: items.map(actionView), links, meta };
};

const find = (cloud: Cloud, id: string, droplet?: Droplet): Action => {
  const action = cloud.action(id);
  if (!action || (droplet && action.dropletId !== droplet.id)) throw notFound();
  return action;
};
