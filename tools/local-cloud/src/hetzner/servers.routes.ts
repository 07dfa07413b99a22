import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { gettableDroplet, loseAnswer, removeDroplet } from '../api/droplets.routes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Lives } from '../cloud/lives.ts';
import { HetznerProblem, nameTaken } from './problem.ts';
import { select } from './select.ts';
import { readBody, readCreateRequest, readName } from './server.request.ts';
import { actionView, paged, serverView } from './views.ts';
import { tagsOf } from './words.ts';

type ById = { Params: { id: string } };
type Query = Record<string, string | undefined>;

const Update = z.object({ name: z.string().nullish(), labels: z.record(z.string(), z.string()).nullish() });

/** The life of servers. A name is taken from the order on until nothing of its server is left, so a create cannot happen twice. */
export const serverRoutes = (app: FastifyInstance, cloud: Cloud, lives: Lives, serverLimit: number): void => {
  const ordered = new Set<string>();
  const isTaken = (name: string, but?: number) => ordered.has(name) || cloud.state.droplets.some((droplet) => droplet.id !== but && droplet.name === name);

  app.post('/servers', async (request, reply) => {
    const order = readCreateRequest(request.body, cloud);
    if (cloud.weather.faults.accountStatus === 'locked') throw new HetznerProblem(403, 'forbidden', 'the account is locked');
    if (isTaken(order.name)) throw nameTaken();
    if (cloud.size + 1 > serverLimit) throw new HetznerProblem(403, 'resource_limit_exceeded', 'server limit exceeded');
    ordered.add(order.name);
    try {
      const { droplet, action } = await cloud.create(order);
      lives.begin(droplet, action);
      if (await loseAnswer(cloud, order.name, request, reply)) return reply;
      return reply.code(201).send({ server: serverView(droplet, cloud), action: actionView(action), next_actions: [], root_password: null });
    } finally {
      ordered.delete(order.name);
    }
  });

  app.get<{ Querystring: Query }>('/servers', (request) => {
    const { items, meta } = paged(select(cloud, request.query), request.query);
    return { servers: items.map((droplet) => serverView(droplet, cloud)), meta };
  });

  app.get<ById>('/servers/:id', (request) => ({ server: serverView(gettableDroplet(cloud, request.params.id), cloud) }));

  app.put<ById>('/servers/:id', async (request, reply) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const { name, labels } = readBody(Update, request.body);
    if (name) {
      if (isTaken(readName(name), droplet.id)) throw nameTaken();
      droplet.name = name;
    }
    if (labels) droplet.tags = tagsOf(labels);
    await cloud.save();
    if (await loseAnswer(cloud, droplet.name, request, reply)) return reply;
    return { server: serverView(droplet, cloud) };
  });

  app.delete<ById>('/servers/:id', async (request, reply) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    await removeDroplet(cloud, lives, droplet);
    const action = cloud.pendingActions(droplet.id).find(({ type }) => type === 'destroy');
    return reply.send({ action: action && actionView(action) });
  });
};
