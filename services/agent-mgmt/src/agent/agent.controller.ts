/** What agents, people and the hub ask about agents. */
import { listAgents, syncAgent, type AgentCommand, type AgentId, type SigningKey } from '@citrus/contracts';
import { internalScope, projectScope, type Clock } from '@citrus/kit-domain';
import { newId, type EventStore } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { CLOCK, EVENT_STORE } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { agentActor } from '../actors.ts';
import type { CommandKeys } from '../command/command-keys.ts';
import { sign } from '../command/doorbell.ts';
import { AGENTS, BEATS, COMMAND_KEYS, DISPATCHING, type Dispatching } from '../tokens.ts';
import { agentStream } from './agent.events.ts';
import { handleAgentCommand } from './agent.handler.ts';
import type { AgentStore } from './agent.store.ts';
import type { Beats } from './beats.ts';

const TRUST_WITHIN_MS = 120_000;

const trustKeysCommand = (agentId: AgentId, keys: SigningKey[], now: Date): AgentCommand =>
  ({ type: 'trust-keys', commandId: newId(), agentId, keys, issuedAt: now.toISOString(), notBefore: now.toISOString(), expiresAt: new Date(now.getTime() + TRUST_WITHIN_MS).toISOString() });

@Controller()
export class AgentController {
  // oxlint-disable-next-line max-params -- a hello touches all of these
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(AGENTS) private readonly agents: AgentStore,
    @Inject(BEATS) private readonly beats: Beats,
    @Inject(DISPATCHING) private readonly dispatching: Dispatching,
    @Inject(COMMAND_KEYS) private readonly keys: CommandKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Hello and "what is open for me?"; the answer comes from our log, never from what the agent claims. */
  @OnRequest(syncAgent)
  async sync({ agentId, facts, keyIds }: z.infer<typeof syncAgent.input>, context: RequestContext): Promise<z.infer<typeof syncAgent.reply>> {
    const hello = { type: 'RecordHello', data: { facts, at: this.clock().toISOString() } } as const;
    const trail = { correlationId: context.correlationId, ...(await this.#projectOf(agentId)), ...(await this.#causeOf(agentId)) };
    await handleAgentCommand(this.store, agentId, hello, { commandId: newId(), actor: agentActor(agentId), ...trail });
    await this.beats.seen(agentId);
    const command = await this.dispatching.dispatcher.commandFor(agentId);
    const commands = [await this.#keysFor(agentId, keyIds), command].filter((each) => each !== undefined);
    return { commands: await Promise.all(commands.map((each) => sign(this.keys, each, keyIds))), serverTime: this.clock().toISOString() };
  }

  /** An agent that knows other keys than it should is told which to trust, signed with one that it knows. */
  async #keysFor(agentId: AgentId, keyIds: readonly string[] | undefined): Promise<AgentCommand | undefined> {
    if (keyIds === undefined) return undefined;
    const keys = await this.keys.published();
    const isSame = keys.length === keyIds.length && keys.every(({ keyId }) => keyIds.includes(keyId));
    return isSame ? undefined : trustKeysCommand(agentId, keys, this.clock());
  }

  @OnRequest(listAgents)
  async list({ projectId, ...asked }: z.infer<typeof listAgents.input>, { caller }: RequestContext): Promise<z.infer<typeof listAgents.reply>> {
    return await this.agents.list(projectScope(caller, projectId), asked);
  }

  /** An agent can only come because it was registered; what it says later about its machine has no cause that we know. */
  async #causeOf(agentId: AgentId): Promise<{ causationId?: string }> {
    const { events } = await this.store.load(agentStream(agentId));
    const last = events.at(-1);
    return last?.type === 'AgentRegistered' ? { causationId: last.id } : {};
  }

  async #projectOf(agentId: AgentId): Promise<{ projectId?: string }> {
    const agent = await this.agents.find(internalScope('the agent itself asks, by its own subject'), agentId);
    return agent ? { projectId: agent.project_id } : {};
  }
}
