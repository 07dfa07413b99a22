/**
 * What other services' logs mean here: auth's enrolments register agents; provisioning's servers come and go, and with
 * a server its jobs end and its agent retires. Every step is idempotent by the event that caused it.
 */
import { AgentEnrolled, DeletionRequested, MaintenanceChanged, ServerDeleted, ServerRequested, type EventEnvelope } from '@citrus/contracts';
import { internalScope } from '@citrus/kit-domain';
import { sideBySide, startFeed, uuidFrom, type EventStore, type Feed, type Projections } from '@citrus/kit-event-store';
import { observeFeed, type MetricsRegistry } from '@citrus/kit-service';
import { SERVICE } from '../actors.ts';
import type { AgentMgmtDatabase } from '../database.ts';
import type { Jobs } from '../tokens.ts';
import { handleAgentCommand } from './agent.handler.ts';
import type { Arrivals } from './arrivals.ts';

export type FeedsContext = { readonly arrivals: Pick<Arrivals, 'tell'>; readonly store: EventStore; readonly projections: Pick<Projections, 'reached'>; readonly jobs: Pick<Jobs, 'agents' | 'store' | 'handler' | 'secrets' | 'clock'> };

type FeedOptions = Parameters<typeof startFeed<AgentMgmtDatabase>>[0];

/** A new agent's hello waits for this, where others enrol all the time. */
const GATHER_MS = 50;

const contextOf = (event: EventEnvelope, projectId?: string) => ({
  commandId: uuidFrom('agent-mgmt:feed', event.id), actor: SERVICE, correlationId: event.correlationId, causationId: event.id,
  ...(projectId && { projectId }), ...(event.traceparent && { traceparent: event.traceparent }),
});

export const registerEnrolled = ({ store, jobs, arrivals }: FeedsContext) => async (event: EventEnvelope): Promise<void> => {
  if (event.type !== 'AgentEnrolled') return;
  const { agentId, serverId, projectId, attempt, keys } = AgentEnrolled.parse(event.data);
  const data = { agentId, serverId, projectId, attempt, ...keys, at: jobs.clock().toISOString() };
  await handleAgentCommand(store, agentId, { type: 'RegisterAgent', data }, contextOf(event, projectId));
  arrivals.tell(agentId);
};

const FOLLOWING = internalScope('follows what became of a server, whoever it belongs to');

/** Every job that was queued for the server before now is known to the read model afterwards. */
const abandonJobs = async ({ store, projections, jobs }: FeedsContext, event: EventEnvelope, abandon: { serverId: string; serverGone: boolean }): Promise<void> => {
  await projections.reached(await store.head());
  for (const jobId of await jobs.store.unfinishedOf(FOLLOWING, abandon.serverId)) {
    const command = { type: 'AbandonJob', data: { serverGone: abandon.serverGone, at: jobs.clock().toISOString() } } as const;
    await jobs.handler.handle(jobId, command, { commandId: uuidFrom(`agent-mgmt:feed:${event.id}`, jobId), actor: SERVICE, causationId: event.id });
  }
};

const retireAgent = async ({ store, jobs }: FeedsContext, event: EventEnvelope, serverId: string): Promise<void> => {
  const server = await jobs.agents.findServer(FOLLOWING, serverId);
  if (server) await handleAgentCommand(store, server.agent_id, { type: 'RetireAgent', data: { at: jobs.clock().toISOString() } }, contextOf(event, server.project_id));
};

export const followServers = (context: FeedsContext) => async (event: EventEnvelope): Promise<void> => {
  const { agents, secrets } = context.jobs;
  switch (event.type) {
    case 'ServerRequested': {
      const { serverId, projectId, agentId } = ServerRequested.parse(event.data);
      return await agents.noteServer({ server_id: serverId, project_id: projectId, agent_id: agentId, status: 'known' });
    }
    case 'MaintenanceChanged': {
      const { serverId, isOn } = MaintenanceChanged.parse(event.data);
      return await agents.noteMaintenance(serverId, isOn);
    }
    case 'DeletionRequested': {
      const { serverId } = DeletionRequested.parse(event.data);
      await agents.noteServerStatus(serverId, 'deleting');
      return await abandonJobs(context, event, { serverId, serverGone: false });
    }
    case 'ServerDeleted': {
      const { serverId } = ServerDeleted.parse(event.data);
      await agents.noteServerStatus(serverId, 'deleted');
      await abandonJobs(context, event, { serverId, serverGone: true });
      await retireAgent(context, event, serverId);
      return await secrets.destroyOf(serverId);
    }
  }
};

/** Both feeds, once they are started. */
export class Feeds {
  #feeds: Feed[] = [];

  constructor(
    private readonly context: FeedsContext,
    private readonly common: Omit<FeedOptions, 'source' | 'consumer' | 'handle'>,
    private readonly registry: MetricsRegistry,
  ) {}

  start(): void {
    const follow = (own: Pick<FeedOptions, 'source' | 'consumer' | 'handle'>): Feed => observeFeed(this.registry, own.consumer, startFeed({ ...this.common, ...own, handleAll: sideBySide(own.handle), gatherMs: GATHER_MS }));
    this.#feeds = [
      follow({ source: 'auth', consumer: 'agent-mgmt-agents', handle: registerEnrolled(this.context) }),
      follow({ source: 'provisioning', consumer: 'agent-mgmt-servers', handle: followServers(this.context) }),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#feeds.map((feed) => feed.stop()));
  }
}
