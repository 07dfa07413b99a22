/** Which programs agents run, and what people call them. Which servers a filter means is settled here. */
import { Agent, AgentLabelKey, AgentLabels, AgentsUpgrading, labelAgent, MOST_SERVERS_IN_A_WAVE, plainText, ServerId, upgradeAgents } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { meantServers } from '../server/meant-servers.ts';

/** An event for each agent. */
const TIMEOUT_MS = 60_000;

const Upgrade = z.strictObject({
  /** Which servers; docs/reference/server-filter.md. */
  filter: plainText(1000),
  atOnce: z.int().min(1).max(1000).default(1), maxFailures: z.int().min(0).max(MOST_SERVERS_IN_A_WAVE).default(0), allowDowngrade: z.boolean().default(false),
});
const Labels = z.strictObject({ serverId: ServerId, set: AgentLabels.default({}), remove: z.array(AgentLabelKey).max(64).default([]) });

const upgrade = defineRoute({ method: 'POST', path: '/api/agents/upgrade', summary: 'Bring agents to the newest build, some at a time', rule: memberOfProject('admin'), body: Upgrade, reply: AgentsUpgrading, status: 202 });
const label = defineRoute({ method: 'POST', path: '/api/agents/labels', summary: 'Put labels on the agent of a server, or take them off', rule: memberOfProject('operator'), body: Labels, reply: Agent });

@Controller()
export class AgentVersionController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(upgrade)
  async upgrade(@Input() { body: { filter, ...limits } }: InputOf<typeof upgrade>, @By() visit: Visit): Promise<AgentsUpgrading> {
    const meant = await meantServers(this.requests, { filter, most: MOST_SERVERS_IN_A_WAVE, of: 'one upgrade' }, visit);
    const wanted = { projectId: visit.projectId, waveId: visit.newId('agent-upgrade'), serverIds: meant.map(({ id }) => id), ...limits };
    return this.requests.call(upgradeAgents, wanted, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(label)
  label(@Input() { body }: InputOf<typeof label>, @By() visit: Visit): Promise<Agent> {
    return this.requests.call(labelAgent, { projectId: visit.projectId, ...body }, visit.carried);
  }
}
