/** The requests about servers that people make, over NATS. A server of another project is not there for the caller. */
import { createServer, deleteServer, joinServer, listServers, readServer, renewJoinToken, retryServer, roleIncludes, type JoinInvitation, type ProjectId, type Server, type ServerId } from '@citrus/contracts';
import { Forbidden, NotFound, projectScope, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { ServerCatalog, Origin } from '../catalog/server-catalog.ts';
import type { QueueView } from '../queue/queue-view.ts';
import { QUEUE_VIEW, SERVER_CATALOG, SERVER_JOINS, SERVER_QUERIES } from '../tokens.ts';
import type { ServerJoins } from './server-joins.ts';
import type { ServerQueries } from './server.queries.ts';

type One = { readonly projectId: ProjectId; readonly serverId: ServerId };

const originOf = ({ caller, correlationId, traceparent }: RequestContext, projectId: ProjectId): Origin => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return { actor: { kind: 'user', id: caller.userId }, projectId, correlationId, ...(traceparent !== undefined && { traceparent }) };
};

/** Whoever goes first makes the others wait. */
const checkMayHurry = ({ caller }: RequestContext, projectId: ProjectId): void => {
  const held = caller?.memberships.find((membership) => membership.projectId === projectId);
  if (held && roleIncludes(held.role, 'admin')) return;
  throw new Forbidden('Only admins of the project may ask for a server with the priority high. Leave it out, or ask one of them.', 'priority.admins_only');
};

@Controller()
export class ServerConsumer {
  constructor(
    @Inject(SERVER_CATALOG) private readonly catalog: ServerCatalog,
    @Inject(SERVER_QUERIES) private readonly queries: ServerQueries,
    @Inject(SERVER_JOINS) private readonly joins: ServerJoins,
    @Inject(QUEUE_VIEW) private readonly queue: QueueView,
  ) {}

  @OnRequest(createServer)
  async create({ projectId, serverId, jobId, spec }: z.infer<typeof createServer.input>, context: RequestContext): Promise<Server> {
    if (spec.priority === 'high') checkMayHurry(context, projectId);
    return this.catalog.provisionAndAdd(spec, { projectId, serverId, jobId, origin: originOf(context, projectId) });
  }

  @OnRequest(joinServer)
  join({ projectId, serverId, jobId, spec }: z.infer<typeof joinServer.input>, context: RequestContext): Promise<JoinInvitation> {
    return this.joins.invite(spec, { projectId, serverId, jobId, origin: originOf(context, projectId) });
  }

  @OnRequest(renewJoinToken)
  async renewJoin(input: One, context: RequestContext): Promise<JoinInvitation> {
    await this.#own(input, context);
    return this.joins.renew(input.serverId, originOf(context, input.projectId));
  }

  @OnRequest(listServers)
  async list({ projectId, ...asked }: z.infer<typeof listServers.input>, { caller }: RequestContext): Promise<z.infer<typeof listServers.reply>> {
    const page = await this.queries.list(projectScope(caller, projectId), asked);
    return { ...page, items: await this.queue.withPlaces(page.items) };
  }

  @OnRequest(readServer)
  async read(input: One, context: RequestContext): Promise<Server> {
    const server = await this.#own(input, context);
    return (await this.queue.withPlaces([server]))[0] ?? server;
  }

  @OnRequest(deleteServer)
  async delete(input: One, context: RequestContext): Promise<Server> {
    await this.#own(input, context);
    return this.catalog.requestDeletion(input.serverId, originOf(context, input.projectId));
  }

  @OnRequest(retryServer)
  async retry(input: One, context: RequestContext): Promise<Server> {
    await this.#own(input, context);
    return this.catalog.retry(input.serverId, originOf(context, input.projectId));
  }

  async #own({ projectId, serverId }: One, { caller }: RequestContext): Promise<Server> {
    const server = await this.queries.read(projectScope(caller, projectId), serverId);
    if (!server) throw new NotFound('server.not_found', `There is no server ${serverId} in this project.`);
    return server;
  }
}
