import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { orderAction, type ActionRequest } from '../api/action.request.ts';
import { gettableDroplet, loseAnswer } from '../api/droplets.routes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Lives } from '../cloud/lives.ts';
import type { Action, Droplet } from '../cloud/state.ts';
import { invalid, locked, notFound } from './problem.ts';
import { readBody } from './server.request.ts';
import { actionView, paged, snapshotView } from './views.ts';
import { findSystemImage, findType, SIMPLE } from './words.ts';

type Query = Record<string, string | undefined>;
type Order = { Params: { id: string; command: string } };

const IdOrName = z.union([z.string().min(1), z.int().positive()]);
const ChangeType = z.object({ server_type: IdOrName, upgrade_disk: z.boolean() });
const Rebuild = z.object({ image: IdOrName });
const CreateImage = z.object({ type: z.enum(['snapshot', 'backup']).nullish(), description: z.string().nullish(), labels: z.record(z.string(), z.string()).nullish() }).nullish();

/** The same order in the words of the other face. */
const translated = (command: string, body: unknown): ActionRequest => {
  switch (command) {
    case 'change_type': {
      const { server_type: name, upgrade_disk: disk } = readBody(ChangeType, body);
      const type = findType(name);
      if (!type) throw invalid('server_type', 'server type not found');
      return { type: 'resize', size: type.size, disk };
    }
    case 'rebuild': {
      const { image } = readBody(Rebuild, body);
      return { type: 'rebuild', image: findSystemImage(image)?.slug ?? image };
    }
    case 'create_image': {
      const wanted = readBody(CreateImage, body);
      if (wanted?.type === 'backup') throw invalid('type', 'the local cloud makes snapshots only');
      return { type: 'snapshot', name: wanted?.description };
    }
    default: {
      const type = SIMPLE[command];
      if (!type) throw notFound('action', command);
      return { type };
    }
  }
};

/** Starting what runs, or stopping what stands still, is an action that succeeds here. */
const begin = (cloud: Cloud, droplet: Droplet, order: ActionRequest): Action => {
  if (droplet.deleteAt !== undefined) throw notFound('server', String(droplet.id));
  if (cloud.pendingAction(droplet) || droplet.status === 'new') throw locked();
  const isSimple = Object.values(SIMPLE).includes(order.type);
  return isSimple ? cloud.begin(order.type, droplet) : orderAction(cloud, droplet, order);
};

const sorted = (actions: readonly Action[], sort: string | undefined): readonly Action[] => (sort?.endsWith(':desc') ? actions.toReversed() : actions);

export const actionRoutes = (app: FastifyInstance, cloud: Cloud, lives: Lives): void => {
  app.post<Order>('/servers/:id/actions/:command', async (request, reply) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const action = begin(cloud, droplet, translated(request.params.command, request.body));
    await cloud.save();
    lives.begin(droplet, action);
    if (await loseAnswer(cloud, droplet.name, request, reply)) return reply;
    const image = action.imageId !== undefined && { image: snapshotView({ id: action.imageId, name: action.argument ?? '', dropletId: droplet.id, minDisk: cloud.diskOf(droplet), createdAt: action.startedAt, isReady: false }, cloud) };
    return reply.code(201).send({ action: actionView(action), ...image });
  });

  app.get<{ Params: { id: string }; Querystring: Query }>('/servers/:id/actions', (request) => {
    const droplet = gettableDroplet(cloud, request.params.id);
    const { items, meta } = paged(sorted(cloud.state.actions.filter((action) => action.dropletId === droplet.id), request.query['sort']), request.query);
    return { actions: items.map(actionView), meta };
  });

  app.get<{ Params: { id: string } }>('/actions/:id', (request) => {
    const action = cloud.action(request.params.id);
    if (!action) throw notFound('action', request.params.id);
    return { action: actionView(action) };
  });
};
