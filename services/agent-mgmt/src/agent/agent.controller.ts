/** What agents, people and the hub ask about agents. */
import { listAgents, readCommandKeys, syncAgent, type AgentId } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
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
  async sync({ agentId, facts }: z.infer<typeof syncAgent.input>, context: RequestContext): Promise<z.infer<typeof syncAgent.reply>> {
    const hello = { type: 'RecordHello', data: { facts, at: this.clock().toISOString() } } as const;
    const trail = { correlationId: context.correlationId, ...(await this.#projectOf(agentId)), ...(await this.#causeOf(agentId)) };
    await handleAgentCommand(this.store, agentId, hello, { commandId: newId(), actor: agentActor(agentId), ...trail });
    await this.beats.seen(agentId);
    const command = await this.dispatching.dispatcher.commandFor(agentId);
    return { commands: command ? [await sign(this.keys, command)] : [], serverTime: this.clock().toISOString() };
  }

  @OnRequest(listAgents)
  async list(input: z.infer<typeof listAgents.input>, _context: RequestContext): Promise<z.infer<typeof listAgents.reply>> {
    return await this.agents.list(input);
  }

  @OnRequest(readCommandKeys)
  async commandKeys(_input: object, _context: RequestContext): Promise<z.infer<typeof readCommandKeys.reply>> {
    return { keys: await this.keys.published() };
  }

  /** An agent can only come because it was registered; what it says later about its machine has no cause that we know. */
  async #causeOf(agentId: AgentId): Promise<{ causationId?: string }> {
    const { events } = await this.store.load(agentStream(agentId));
    const last = events.at(-1);
    return last?.type === 'AgentRegistered' ? { causationId: last.id } : {};
  }

  async #projectOf(agentId: AgentId): Promise<{ projectId?: string }> {
    const agent = await this.agents.find(agentId);
    return agent ? { projectId: agent.project_id } : {};
  }
}
