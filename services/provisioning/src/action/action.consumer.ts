/** The requests about servers that are there, over NATS. A server of another project is not there for the caller. */
import {
  actOnServer, cancelAction, listActions, listSnapshots, maintainServer, protectServer, readAction, replaceDisk, type ActionRecord, type ProjectId, type Server, type ServerId,
} from '@citrus/contracts';
import { NotFound, projectScope, Unauthenticated, type ProjectScope } from '@citrus/kit-domain';
import { OnRequest, pageOfShortList, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { Origin } from '../catalog/server-catalog.ts';
import type { ServerQueries } from '../server/server.queries.ts';
import { ACTION_QUERIES, SERVER_ACTIONS, SERVER_QUERIES } from '../tokens.ts';
import type { ActionQueries } from './action.queries.ts';
import type { ServerActions } from './server-actions.ts';

type One = { readonly projectId: ProjectId; readonly serverId: ServerId };
type Input<Definition extends { input: z.ZodType }> = z.infer<Definition['input']>;

@Controller()
export class ActionConsumer {
  constructor(
    @Inject(SERVER_ACTIONS) private readonly actions: ServerActions,
    @Inject(SERVER_QUERIES) private readonly servers: ServerQueries,
    @Inject(ACTION_QUERIES) private readonly queries: ActionQueries,
  ) {}

  @OnRequest(actOnServer)
  async act(input: Input<typeof actOnServer>, context: RequestContext): Promise<ActionRecord> {
    return this.actions.ask(input.serverId, input.actionId, input.action, await this.#originFor(input, context));
  }

  @OnRequest(replaceDisk)
  async replaceDisk(input: Input<typeof replaceDisk>, context: RequestContext): Promise<ActionRecord> {
    return this.actions.ask(input.serverId, input.actionId, input.action, await this.#originFor(input, context));
  }

  @OnRequest(cancelAction)
  async cancel(input: Input<typeof cancelAction>, context: RequestContext): Promise<ActionRecord> {
    return this.actions.cancel(input.serverId, input.actionId, await this.#originFor(input, context));
  }

  @OnRequest(listActions)
  async list(input: Input<typeof listActions>, context: RequestContext): Promise<z.infer<typeof listActions.reply>> {
    const { limit, cursor } = input;
    return this.queries.list(await this.#scopeOf(input, context), input.serverId, { limit, cursor });
  }

  @OnRequest(readAction)
  async read(input: Input<typeof readAction>, context: RequestContext): Promise<ActionRecord> {
    const record = await this.queries.read(await this.#scopeOf(input, context), input.serverId, input.actionId);
    if (!record) throw new NotFound('action.unknown', `This server has no action ${input.actionId}.`);
    return record;
  }

  @OnRequest(listSnapshots)
  async snapshots({ kind, ...input }: Input<typeof listSnapshots>, context: RequestContext): Promise<z.infer<typeof listSnapshots.reply>> {
    await this.#scopeOf(input, context);
    const all = await this.actions.snapshots(input.serverId);
    return pageOfShortList(all.filter((snapshot) => kind === undefined || snapshot.kind === kind), input, ({ ref: id, name, createdAt }) => ({ id, name, createdAt }));
  }

  @OnRequest(protectServer)
  async protect(input: Input<typeof protectServer>, context: RequestContext): Promise<Server> {
    return this.actions.protect(input.serverId, input.isProtected, await this.#originFor(input, context));
  }

  @OnRequest(maintainServer)
  async maintain(input: Input<typeof maintainServer>, context: RequestContext): Promise<Server> {
    return this.actions.maintain(input.serverId, input, await this.#originFor(input, context));
  }

  async #scopeOf({ projectId, serverId }: One, { caller }: RequestContext): Promise<ProjectScope> {
    const scope = projectScope(caller, projectId);
    if (!(await this.servers.read(scope, serverId))) throw new NotFound('server.not_found', `There is no server ${serverId} in this project.`);
    return scope;
  }

  async #originFor(input: One, context: RequestContext): Promise<Origin> {
    await this.#scopeOf(input, context);
    const { caller, correlationId, traceparent } = context;
    if (!caller) throw new Unauthenticated('Sign in first.');
    return { actor: { kind: 'user', id: caller.userId }, projectId: input.projectId, correlationId, ...(traceparent !== undefined && { traceparent }) };
  }
}
