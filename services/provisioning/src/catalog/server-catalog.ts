/**
 * The only door to provisioning. One call asks for a server and puts it into the catalogue; what happens in the cloud
 * is the process manager's business, which nobody else can reach. Idempotent by the job: a job asks for one server, and
 * asking again gives that one, also from another replica at the same time.
 */
import type { AgentId, EventEnvelope, JobId, ProjectId, Server, ServerId, ServerSpec, ServerWish } from '@citrus/contracts';
import { fold, internalScope, NotFound, Refusal } from '@citrus/kit-domain';
import { newId, StreamChanged, uuidFrom, type AppendResult, type EventStore, type StreamAppend, type Logger, type Projections } from '@citrus/kit-event-store';
import { completed, type ChooseCloud, type ChosenCloud } from '../credential/cloud-choice.ts';
import type { Quotas } from '../quota/quotas.ts';
import { serverDecider } from '../server/server.decider.ts';
import { streamOf, type ServerEvent } from '../server/server.events.ts';
import type { Handled, Origin, ServerHandler } from '../server/server.handler.ts';
import type { ServerQueries } from '../server/server.queries.ts';
import type { ServerState } from '../server/server.state.ts';
import type { RequestServer } from '../server/server.commands.ts';
import type { OrderWithdrawn, ServerOrdered } from './order.events.ts';

export type { Origin };

export type Order = { readonly serverId: ServerId; readonly jobId: JobId; readonly projectId: ProjectId; readonly origin: Origin; readonly signal?: AbortSignal;
  /** For a machine that is there already: it joins until then, and no cloud is asked. */
  readonly joinEndsAt?: string;
};

type Parts = {
  readonly store: EventStore;
  readonly handle: ServerHandler;
  readonly projections: Pick<Projections, 'reached'>;
  readonly queries: ServerQueries;
  /** With which credential the server is made. */
  readonly chooseCloud: ChooseCloud;
  /** What lets a request in that has a cloud make a machine. */
  readonly quotas: Pick<Quotas, 'admitted'>;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Something was asked for: do not wait for the next timer. */
  readonly wake: () => void;
};

/** A server has one agent for its whole life, also over retries. */
export const agentIdOf = (serverId: ServerId): AgentId => `agent-${serverId}` as AgentId;

/** Which server a job asked for: written together with the request, so that the job cannot ask for a second one. */
const JUST_CHANGED = internalScope('shows what was just changed, by a command that was let through');
const orderStreamOf = (jobId: JobId): string => `order-${jobId}`;

type Chosen = { readonly cloud: ChosenCloud } | { readonly refused: unknown };

/** A server keeps the cloud that was chosen first, whatever the project's default has become. Undefined: it joins. */
const cloudOf = (known: ServerState, chosen: Chosen | undefined): ChosenCloud | undefined => {
  if (!chosen) return undefined;
  if (known.status !== 'none') {
    const { provider = 'digitalocean', cloudId } = known;
    return provider === 'none' ? undefined : { kind: provider, ...(cloudId !== undefined && { cloudId }) };
  }
  if ('refused' in chosen) throw chosen.refused;
  return chosen.cloud;
};

export class ServerCatalog {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the intent and the catalogue row are committed. Aborting before that cancels; aborting later asks for
   * the deletion of the server.
   */
  async provisionAndAdd(spec: ServerWish, order: Order): Promise<Server> {
    order.signal?.throwIfAborted();
    const { serverId, position } = await this.#request(spec, order);
    this.#parts.wake();
    this.#deleteWhenAborted(serverId, order);
    if (order.signal?.aborted) throw order.signal.reason;
    return this.#shown(serverId, position);
  }

  async requestDeletion(serverId: ServerId, origin: Origin): Promise<Server> {
    return this.#changed(await this.#parts.handle({ type: 'RequestDeletion', at: this.#at(), data: { serverId } }, origin), serverId);
  }

  /**
   * Takes a job back. If it has asked for its server already, the server is deleted; if not, it never will be: somebody who
   * was overtaken, and asks for it late, is refused.
   */
  async withdraw(jobId: JobId, origin: Origin): Promise<'withdrawn' | 'deleting'> {
    const { store, handle, wake } = this.#parts;
    const order = await this.#firstOf(jobId);
    if (order?.type === 'OrderWithdrawn') return 'withdrawn';
    if (order) {
      await handle({ type: 'RequestDeletion', at: this.#at(), data: { serverId: order.data['serverId'] as ServerId } }, origin);
      wake();
      return 'deleting';
    }
    const withdrawn: OrderWithdrawn = { type: 'OrderWithdrawn', data: { jobId, at: this.#at() } };
    try {
      await store.append({ stream: orderStreamOf(jobId), expected: 'none', events: [withdrawn], context: { ...origin, commandId: newId() } });
      return 'withdrawn';
    } catch (error) {
      if (!(error instanceof StreamChanged)) throw error;
      return this.withdraw(jobId, origin);
    }
  }

  async retry(serverId: ServerId, origin: Origin): Promise<Server> {
    return this.#changed(await this.#parts.handle({ type: 'RetryServer', at: this.#at(), data: { serverId } }, origin), serverId);
  }

  /** A server that has not joined waits anew, for a new token. */
  async renewJoin(serverId: ServerId, endsAt: string, origin: Origin): Promise<Server> {
    return this.#changed(await this.#parts.handle({ type: 'RenewJoin', at: this.#at(), data: { serverId, endsAt } }, origin), serverId);
  }

  async #request(wish: ServerWish, order: Order): Promise<{ serverId: ServerId; position: number }> {
    const { store } = this.#parts;
    const { serverId, jobId, projectId, origin } = order;
    // Together, because the log gives them in one statement; the choice only counts for a server that is not there yet.
    const [asked, own, chosen] = await Promise.all([this.#orderedBy(jobId), this.#load(serverId), this.#chosen(wish, order)]);
    const known = asked === undefined || asked === serverId ? own : await this.#load(asked);
    const cloud = cloudOf(known, chosen);
    const command = this.#commandOf(completed(wish, cloud?.kind), cloud, { ...order, serverId: asked ?? serverId });
    if (asked) return { serverId: asked, position: (await this.#parts.handle(command, origin)).position };
    const events = serverDecider.decide(command, known);
    const { at } = command;
    const ordered: ServerOrdered = { type: 'ServerOrdered', data: { jobId, serverId, at } };
    try {
      const appends: StreamAppend[] = [{ stream: orderStreamOf(jobId), expected: 'none', events: [ordered] }, { stream: streamOf(serverId), expected: 'none', events }];
      const append = (admission: readonly StreamAppend[]): Promise<readonly AppendResult[]> => store.appendAll([...appends, ...admission], { ...origin, projectId, commandId: newId() });
      const results = cloud ? await this.#parts.quotas.admitted({ projectId, serverId, at }, append) : await append([]);
      return { serverId, position: Math.max(...results.map((result) => result.position)) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // Somebody asked at the same moment: for the same job it is our answer (and counts), for the same id it is refused.
      if (await this.#orderedBy(jobId)) return this.#request(wish, order);
      if (!(error instanceof StreamChanged)) throw error;
      throw new Refusal('server.exists', 'This server id is in use already. Choose another one.');
    }
  }

  #commandOf(spec: ServerSpec, cloud: ChosenCloud | undefined, { serverId, projectId, jobId, joinEndsAt }: Order): RequestServer {
    const made = cloud && { provider: cloud.kind, ...(cloud.cloudId !== undefined && { cloudId: cloud.cloudId }) };
    return { type: 'RequestServer', at: this.#at(), data: { serverId, projectId, agentId: agentIdOf(serverId), jobId, spec, ...made, ...(joinEndsAt !== undefined && { joinEndsAt }) } };
  }

  /** Undefined: it joins. What speaks against the choice is told by whoever needs it. */
  async #chosen(wish: ServerWish, { projectId, joinEndsAt }: Order): Promise<Chosen | undefined> {
    if (joinEndsAt !== undefined) return undefined;
    try {
      return { cloud: await this.#parts.chooseCloud(projectId, wish.cloud) };
    } catch (refused) {
      return { refused };
    }
  }

  async #load(serverId: ServerId): Promise<ServerState> {
    return fold(serverDecider, (await this.#parts.store.load(streamOf(serverId))).events as unknown as ServerEvent[]);
  }

  async #orderedBy(jobId: JobId): Promise<ServerId | undefined> {
    const order = await this.#firstOf(jobId);
    if (order?.type === 'OrderWithdrawn') throw new Refusal('order.withdrawn', 'This order was taken back. Ask again under another job.');
    return order?.data['serverId'] as ServerId | undefined;
  }

  async #firstOf(jobId: JobId): Promise<EventEnvelope | undefined> {
    return (await this.#parts.store.load(orderStreamOf(jobId))).events[0];
  }

  #deleteWhenAborted(serverId: ServerId, { signal, origin, jobId }: Order): void {
    if (!signal) return;
    const commandId = uuidFrom('provisioning.cancel', jobId);
    const cancel = () => {
      this.requestDeletion(serverId, { ...origin, commandId }).catch((error: unknown) => {
        this.#parts.logger.error({ event: 'server.cancel_failed', server_id: serverId, err: error }, 'the cancellation of a server could not be noted; delete it by hand');
      });
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  }

  async #changed({ position }: Handled, serverId: ServerId): Promise<Server> {
    this.#parts.wake();
    return this.#shown(serverId, position);
  }

  async #shown(serverId: ServerId, position: number): Promise<Server> {
    await this.#parts.projections.reached(position);
    this.#parts.wake();
    const server = await this.#parts.queries.read(JUST_CHANGED, serverId);
    if (!server) throw new NotFound('server.not_found', `There is no server ${serverId}.`);
    return server;
  }

  #at(): string {
    return this.#parts.now().toISOString();
  }
}
