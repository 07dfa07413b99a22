/** Taking trust back from agents: on a person's word, with the server they speak for, and what the hub saw of clones. */
import { DeletionRequested, ReenrolOpened, ServerDeleted, type EventEnvelope, type AgentId, type listAgentTrust, type reportAgentClone, type revokeAgents } from '@citrus/contracts';
import { NotFound, type Clock } from '@citrus/kit-domain';
import { uuidFrom, type AppendContext, type EventStore, type StreamAppend } from '@citrus/kit-event-store';
import type { Logger, RequestContext } from '@citrus/kit-messaging';
import type { z } from 'zod';
import { byAuth, byUser, contextOf } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import type { Audit } from '../audit/audit.ts';
import type { readAgentTrust, serversOfAgents } from './agent-trust.projection.ts';
import { enrolmentDecider, type EnrolmentCommand } from './enrolment.decider.ts';

export type AgentTrustParts = {
  readonly store: EventStore;
  readonly serverOfAgent: (agentId: string) => Promise<string | undefined>;
  readonly serversOfAgents: ReturnType<typeof serversOfAgents>;
  readonly list: ReturnType<typeof readAgentTrust>;
  readonly audit: Audit;
  readonly logger: Logger;
  readonly clock: Clock;
};

type Input<Definition extends { input: z.ZodType }> = z.infer<Definition['input']>;
export type AgentsTrust = {
  revoke(input: Input<typeof revokeAgents>, context: RequestContext): Promise<{ revoked: AgentId[] }>;
  list(input: Input<typeof listAgentTrust>): ReturnType<AgentTrustParts['list']>;
  reportClone(input: Input<typeof reportAgentClone>, context: RequestContext): Promise<void>;
  /** Provisioning's log: whose server goes, goes with it; whose disk is written anew, enrols anew. */
  followServer(event: EventEnvelope): Promise<void>;
};

export const SERVERS_CONSUMER = 'auth-servers';
/** Reading; more at once only queue for the database's connections. */
const AT_ONCE = 16;

const streamOf = (serverId: string) => `enrolment-${serverId}`;

const inParallel = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const handle = (store: EventStore, serverId: string, command: EnrolmentCommand, context: AppendContext) =>
  store.update(streamOf(serverId), enrolmentDecider, (enrolment) => enrolmentDecider.decide(command, enrolment), context);

const revoke = ({ store, serversOfAgents: find, clock }: AgentTrustParts): AgentsTrust['revoke'] => async ({ projectId, agentIds, reason }, { caller, ...trace }) => {
  const wanted = [...new Set(agentIds)];
  const servers = await find(projectId, wanted);
  const unknown = wanted.filter((agentId) => !servers.has(agentId));
  // Before anything is done: half a list that was revoked is hard to tell from the whole.
  if (unknown.length > 0) throw new NotFound('agent.unknown', `This project has no agent ${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}; nothing was revoked.`);
  const at = clock().toISOString();
  const actor = caller ? byUser(caller.userId) : byAuth;
  // One commit for all of them: half a list is never revoked, and its fsync is paid for once.
  await appendTogether(store, () => contextOf(trace, actor, projectId), async () => {
    const appends: StreamAppend[] = [];
    await inParallel([...servers], async ([agentId, serverId]) => {
      const { state, version } = await loadState(store, streamOf(serverId), enrolmentDecider);
      appends.push({ stream: streamOf(serverId), expected: version, events: enrolmentDecider.decide({ type: 'RevokeAgent', data: { agentId, reason }, at }, state) });
    });
    return { appends, result: undefined };
  });
  return { revoked: wanted };
};

const reportClone = ({ store, serverOfAgent, audit, logger, clock }: AgentTrustParts): AgentsTrust['reportClone'] => async ({ agentId, nkey, sessions }, { correlationId }) => {
  const serverId = await serverOfAgent(agentId);
  if (!serverId) return;
  const command: EnrolmentCommand = { type: 'ReportClone', data: { nkey, sessions }, at: clock().toISOString() };
  const projectId = (await store.load(streamOf(serverId))).events[0]?.projectId;
  const { events } = await handle(store, serverId, command, contextOf({ correlationId }, byAuth, projectId));
  if (events.length === 0) return;
  const reason = `several connections spoke with the key of this agent at the same time, from ${[...new Set(sessions.map(({ address }) => address))].join(', ')}; its disk was copied or its key stolen`;
  audit({ action: 'agent.clone', outcome: 'refused', actor: { kind: 'agent', id: agentId }, reason });
  logger.warn({ event: 'agent.clone_suspected', agent_id: agentId, server_id: serverId }, reason);
};

/** What follows for whoever speaks for the server. */
const consequenceOf = ({ type, data }: EventEnvelope, at: string): { serverId: string; command: EnrolmentCommand } | undefined => {
  switch (type) {
    case 'DeletionRequested': case 'ServerDeleted': {
      const { serverId } = (type === 'DeletionRequested' ? DeletionRequested : ServerDeleted).parse(data);
      return { serverId, command: { type: 'CloseEnrolment', data: { reason: 'the server is deleted' }, at } };
    }
    case 'ReenrolOpened': {
      const { serverId, attempt, because, endsAt } = ReenrolOpened.parse(data);
      return { serverId, command: { type: 'ReopenEnrolment', data: { attempt, expiresAt: endsAt, reason: `the disk of the server is written anew (${because})` }, at } };
    }
    default: return undefined;
  }
};

const followServer = ({ store, clock }: AgentTrustParts): AgentsTrust['followServer'] => async (event) => {
  const consequence = consequenceOf(event, clock().toISOString());
  if (!consequence) return;
  await handle(store, consequence.serverId, consequence.command, {
    commandId: uuidFrom(SERVERS_CONSUMER, event.id), actor: byAuth, correlationId: event.correlationId, causationId: event.id,
    ...(event.projectId && { projectId: event.projectId }), ...(event.traceparent && { traceparent: event.traceparent }),
  });
};

export const createAgentsTrust = (parts: AgentTrustParts): AgentsTrust => ({ revoke: revoke(parts), list: parts.list, reportClone: reportClone(parts), followServer: followServer(parts) });
