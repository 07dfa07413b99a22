/**
 * What other services' logs mean here: auth's enrolments register agents; provisioning's servers come and go, and with
 * a server its jobs end and its agent retires. Every step is idempotent by the event that caused it.
 */
import { AgentEnrolled, DeletionRequested, ServerDeleted, ServerRequested, type EventEnvelope } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { uuidFrom, type EventStore, type Projections } from '@citrus/kit-event-store';
import { SERVICE } from '../actors.ts';
import type { JobHandler } from '../job/job.handler.ts';
import type { JobSecrets } from '../job/job-secrets.ts';
import type { JobStore } from '../job/job.store.ts';
import { handleAgentCommand } from './agent.handler.ts';
import type { AgentStore } from './agent.store.ts';

export type FeedsContext = {
  readonly store: EventStore; readonly projections: Projections; readonly agents: AgentStore; readonly jobs: JobStore;
  readonly jobHandler: JobHandler; readonly secrets: JobSecrets; readonly clock: Clock;
};

const contextOf = (event: EventEnvelope, projectId?: string) => ({
  commandId: uuidFrom('agent-mgmt:feed', event.id), actor: SERVICE, correlationId: event.correlationId, causationId: event.id,
  ...(projectId && { projectId }), ...(event.traceparent && { traceparent: event.traceparent }),
});

export const registerEnrolled = ({ store, clock }: FeedsContext) => async (event: EventEnvelope): Promise<void> => {
  if (event.type !== 'AgentEnrolled') return;
  const { agentId, serverId, projectId, attempt, keys } = AgentEnrolled.parse(event.data);
  const data = { agentId, serverId, projectId, attempt, ...keys, at: clock().toISOString() };
  await handleAgentCommand(store, agentId, { type: 'RegisterAgent', data }, contextOf(event, projectId));
};

/** Every job that was queued for the server before now is known to the read model afterwards. */
const abandonJobs = async ({ store, projections, jobs, jobHandler, clock }: FeedsContext, event: EventEnvelope, abandon: { serverId: string; serverGone: boolean }): Promise<void> => {
  await projections.reached(await store.head());
  for (const jobId of await jobs.unfinishedOf(abandon.serverId)) {
    const command = { type: 'AbandonJob', data: { serverGone: abandon.serverGone, at: clock().toISOString() } } as const;
    await jobHandler.handle(jobId, command, { commandId: uuidFrom(`agent-mgmt:feed:${event.id}`, jobId), actor: SERVICE, causationId: event.id });
  }
};

const retireAgent = async ({ store, agents, clock }: FeedsContext, event: EventEnvelope, serverId: string): Promise<void> => {
  const server = await agents.findServer(serverId);
  if (server) await handleAgentCommand(store, server.agent_id, { type: 'RetireAgent', data: { at: clock().toISOString() } }, contextOf(event, server.project_id));
};

export const followServers = (context: FeedsContext) => async (event: EventEnvelope): Promise<void> => {
  const { agents, secrets } = context;
  switch (event.type) {
    case 'ServerRequested': {
      const { serverId, projectId, agentId } = ServerRequested.parse(event.data);
      return await agents.noteServer({ server_id: serverId, project_id: projectId, agent_id: agentId, status: 'known' });
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
