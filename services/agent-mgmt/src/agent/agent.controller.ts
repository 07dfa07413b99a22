/** What agents, people and the hub ask about agents. */
import { listAgents, syncAgent, type AgentCommand, type AgentId, type SigningKey } from '@citrus/contracts';
import { fold, projectScope, type Clock } from '@citrus/kit-domain';
import { newId, type EventStore, type Known } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { CLOCK, EVENT_STORE } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { agentActor } from '../actors.ts';
import type { CommandKeys } from '../command/command-keys.ts';
import { sign } from '../command/doorbell.ts';
import { upgradeCommandOf } from '../agent-version/upgrade.process.ts';
import { AGENTS, ARRIVALS, BEATS, COMMAND_KEYS, DISPATCHING, type Dispatching } from '../tokens.ts';
import { agentDecider, digestOfFacts, upgradeOf, type AgentState } from './agent.decider.ts';
import { agentStream, type AgentEvent } from './agent.events.ts';
import { handleAgentCommand } from './agent.handler.ts';
import type { AgentStore } from './agent.store.ts';
import type { Arrivals } from './arrivals.ts';
import type { Beats } from './beats.ts';

const TRUST_WITHIN_MS = 120_000;
/** Far below what an agent waits for an answer. */
const ARRIVES_WITHIN_MS = 2000;
const LOOK_EVERY_MS = 250;

const trustKeysCommand = (agentId: AgentId, keys: SigningKey[], now: Date): AgentCommand =>
  ({ type: 'trust-keys', commandId: newId(), agentId, keys, issuedAt: now.toISOString(), notBefore: now.toISOString(), expiresAt: new Date(now.getTime() + TRUST_WITHIN_MS).toISOString() });

@Controller()
export class AgentController {
  // oxlint-disable-next-line max-params -- a hello touches all of these
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(AGENTS) private readonly agents: AgentStore,
    @Inject(ARRIVALS) private readonly arrivals: Arrivals,
    @Inject(BEATS) private readonly beats: Beats,
    @Inject(DISPATCHING) private readonly dispatching: Dispatching,
    @Inject(COMMAND_KEYS) private readonly keys: CommandKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Hello and "what is open for me?"; the answer comes from our log, never from what the agent claims. */
  @OnRequest(syncAgent)
  async sync({ agentId, facts, factsDigest, keyIds }: z.infer<typeof syncAgent.input>, context: RequestContext): Promise<z.infer<typeof syncAgent.reply>> {
    const { known, trail } = await this.#arrived(agentId);
    const hasThem = facts !== undefined || (factsDigest !== undefined && factsDigest === digestOfFacts(known.state));
    if (facts) {
      const hello = { type: 'RecordHello', data: { facts, at: this.clock().toISOString() } } as const;
      const isNews = agentDecider.decide(hello, known.state).length > 0;
      if (isNews) await handleAgentCommand(this.store, agentId, hello, { commandId: newId(), actor: agentActor(agentId), correlationId: context.correlationId, ...trail, known });
    }
    this.beats.seen(agentId);
    const command = await this.dispatching.dispatcher.commandFor(agentId);
    const commands = [await this.#keysFor(agentId, keyIds), upgradeCommandOf(upgradeOf(known.state), this.clock()), command].filter((each) => each !== undefined);
    return { commands: await Promise.all(commands.map((each) => sign(this.keys, each, keyIds))), serverTime: this.clock().toISOString(), pace: this.beats.pace(), ...(!hasThem && { wantsFacts: true }) };
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

  /** As the log knows it; its registration may still be on its way. */
  async #arrived(agentId: AgentId): Promise<{ known: Known<AgentState>; trail: { projectId?: string; causationId?: string } }> {
    const waitsUntil = performance.now() + ARRIVES_WITHIN_MS;
    for (;;) {
      const { events, version } = await this.store.load(agentStream(agentId));
      const [state, last] = [fold(agentDecider, events as unknown as AgentEvent[]), events.at(-1)];
      if (last || performance.now() >= waitsUntil) {
        // An agent can only come because it was registered; what it says later about its machine has no cause that we know.
        const trail = { ...(last?.projectId !== undefined && { projectId: last.projectId }), ...(last?.type === 'AgentRegistered' && { causationId: last.id }) };
        return { known: { state, version, position: last?.position ?? 0 }, trail };
      }
      await this.arrivals.next(agentId, LOOK_EVERY_MS);
    }
  }
}
