import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Cloud } from '../cloud/cloud.ts';
import { type Lives } from '../cloud/lives.ts';
import { type Droplet } from '../cloud/state.ts';
import { readCreateRequest } from './create-droplet.request.ts';
import { paged } from './paging.ts';
import { ApiProblem, badRequest, notFound, pendingEvent, serverFailure, unprocessable } from './problem.ts';
import { API, dropletView } from './views.ts';

type ById = { Params: { id: string } };
type Query = Record<string, string | undefined>;

export const dropletRoutes = (app: FastifyInstance, cloud: Cloud, lives: Lives, dropletLimit: number): void => {
  app.post('/v2/droplets', async (request, reply) => {
    const { unavailableRegions, unavailableSizes } = cloud.weather.faults;
    const { orders, many } = readCreateRequest(request.body, { unavailableRegions, unavailableSizes, findSnapshot: (id) => cloud.snapshots.find(id) });
    refuseBeyondQuota(cloud, orders.length, dropletLimit);
    const made = await Promise.all(orders.map((order) => cloud.create(order)));
    for (const { droplet, action } of made) lives.begin(droplet, action);
    if (await loseAnswer(cloud, orders[0]?.name ?? '', request, reply)) return reply;
    const actions = made.map(({ action }) => ({ id: action.id, rel: 'create', href: `${API}/v2/actions/${action.id}` }));
    const droplets = made.map(({ droplet }) => dropletView(droplet, cloud));
    return reply.code(202).send({ ...(many ? { droplets } : { droplet: droplets[0] }), links: { actions } });
  });

  app.get<{ Querystring: Query }>('/v2/droplets', (request) => {
    const { tag_name: tag, name, type } = request.query;
    if (tag !== undefined && (name !== undefined || type !== undefined)) throw unprocessable('tag_name cannot be combined with name or type.');
    const listed = type === 'gpus' ? [] : cloud.state.droplets.filter((droplet) => isListed(droplet, tag, name));
    const { items, links, meta } = paged(listed, request.query, `${API}/v2/droplets`);
    return { droplets: items.map((droplet) => dropletView(droplet, cloud)), links, meta };
  });

  app.get<ById>('/v2/droplets/:id', (request) => ({ droplet: dropletView(gettableDroplet(cloud, request.params.id), cloud) }));

  app.delete<ById>('/v2/droplets/:id', async (request, reply) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    await removeDroplet(cloud, lives, droplet);
    if (await loseAnswer(cloud, droplet.name, request, reply)) return reply;
    return reply.code(204).send();
  });

  app.delete<{ Querystring: Query }>('/v2/droplets', async (request, reply) => {
    const tag = request.query['tag_name'];
    if (!tag) throw badRequest('tag_name is required.');
    for (const droplet of cloud.state.droplets.filter((one) => isListed(one, tag, undefined))) await removeDroplet(cloud, lives, droplet);
    if (await loseAnswer(cloud, '', request, reply)) return reply;
    return reply.code(204).send();
  });
};

/** 404 also for what exists but cannot be read yet. */
export const gettableDroplet = (cloud: Cloud, id: string): Droplet => {
  const droplet = cloud.droplet(id);
  if (!droplet || droplet.gettableFrom > Date.now()) throw notFound();
  return droplet;
};

export const isListed = (droplet: Droplet, tag: string | undefined, name: string | undefined): boolean => {
  const now = Date.now();
  if (droplet.listedFrom > now) return false;
  if (name !== undefined) return droplet.name.toLowerCase() === name.toLowerCase();
  if (tag === undefined) return true;
  return droplet.tagsFrom <= now && droplet.tags.some((one) => one.toLowerCase() === tag.toLowerCase());
};

const refuseBeyondQuota = (cloud: Cloud, wanted: number, limit: number): void => {
  if (cloud.weather.faults.accountStatus === 'locked') throw new ApiProblem(403, 'forbidden', 'Your account is locked.');
  if (cloud.size + wanted <= limit) return;
  throw unprocessable(`creating this/these droplet(s) will exceed your droplet limit`);
};

/** A second DELETE of a droplet on its way out is answered like the first. A running action has to end before. */
export const removeDroplet = async (cloud: Cloud, lives: Lives, droplet: Droplet): Promise<void> => {
  if (droplet.deleteAt !== undefined) return;
  const pending = cloud.pendingAction(droplet);
  if (pending && pending.type !== 'create') throw pendingEvent();
  if (cloud.weather.strikes('deleteIgnored', { name: droplet.name })) return;
  droplet.deleteAt = Date.now() + (cloud.weather.strikes('slowDelete', { name: droplet.name })?.ms ?? cloud.timing.deleteTakesMs);
  cloud.begin('destroy', droplet);
  await cloud.save();
  lives.remove(droplet);
};

/** True: the answer is lost, and what was asked for is carried out all the same. */
export const loseAnswer = async (cloud: Cloud, name: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean> => lose({ cloud, name, when: 'after' }, request, reply);

/** For all routes alike, when the request has been read and nothing has been done. */
export const loseRequest = async (cloud: Cloud, request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
  const body = request.body as { name?: unknown; names?: unknown[] } | null | undefined;
  const name = body?.name ?? body?.names?.[0];
  return lose({ cloud, name: typeof name === 'string' ? name : '', when: 'before' }, request, reply);
};

const lose = async ({ cloud, name, when }: { cloud: Cloud; name: string; when: 'after' | 'before' }, request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
  const { lostAnswer } = cloud.weather.faults;
  if (!lostAnswer || lostAnswer.when !== when) return false;
  if (lostAnswer.method === undefined && request.method !== 'POST' && request.method !== 'PUT') return false;
  const fault = cloud.weather.strikes('lostAnswer', { method: request.method, path: request.url, name });
  if (!fault) return false;
  if (fault.mode === 'error') throw serverFailure(503);
  reply.hijack();
  if (fault.mode === 'reset') request.raw.socket.destroy();
  return true;
};
