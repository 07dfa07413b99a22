/** People ask who is there. */
import { pingAgents, type AgentsPinged } from '@citrus/contracts';
import { projectScope, type Clock } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { CLOCK, NATS } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AgentStore } from '../agent/agent.store.ts';
import type { CommandKeys } from '../command/command-keys.ts';
import { AGENTS, COMMAND_KEYS } from '../tokens.ts';
import { pingAll } from './ping.ts';

@Controller()
export class PingController {
  constructor(
    @Inject(AGENTS) private readonly agents: AgentStore,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(COMMAND_KEYS) private readonly keys: CommandKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @OnRequest(pingAgents)
  async ping({ projectId, serverIds, waitMs }: z.infer<typeof pingAgents.input>, { caller }: RequestContext): Promise<AgentsPinged> {
    const agents = await this.agents.pinged(projectScope(caller, projectId), serverIds);
    return await pingAll({ nats: this.nats, keys: this.keys, clock: this.clock }, agents, waitMs);
  }
}
