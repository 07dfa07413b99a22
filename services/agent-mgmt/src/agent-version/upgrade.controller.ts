/** What people ask about the programs and the labels of agents, and what agents tell of their upgrades. */
import { labelAgent, reportUpgradeFinished, upgradeAgents, type Agent, type AgentBuild, type AgentUpgradeAnswer } from '@citrus/contracts';
import { NotFound, projectScope, Refusal, type Clock, type ProjectScope } from '@citrus/kit-domain';
import { newId, uuidFrom, type EventStore, type Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, EVENT_STORE, PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { agentActor, userActor } from '../actors.ts';
import { handleAgentCommand } from '../agent/agent.handler.ts';
import type { AgentStore } from '../agent/agent.store.ts';
import type { Config } from '../config.ts';
import type { Loop } from '../loop.ts';
import { AGENTS, UPGRADING } from '../tokens.ts';
import { newestBuild, noBuild } from './builds.ts';

type Wanted = z.infer<typeof upgradeAgents.input>;

@Controller()
export class UpgradeController {
  // oxlint-disable-next-line max-params -- an upgrade touches all of these
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(PROJECTIONS) private readonly projections: Projections,
    @Inject(AGENTS) private readonly agents: AgentStore,
    @Inject(UPGRADING) private readonly upgrading: Loop,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Each server once, in the order in which they begin; who cannot is told why and holds up nobody. */
  @OnRequest(upgradeAgents)
  async upgrade(wanted: Wanted, context: RequestContext): Promise<z.infer<typeof upgradeAgents.reply>> {
    const build = await newestBuild(this.config.CITRUS_ARTIFACTS_DIR);
    if (!build) throw noBuild();
    const scope = projectScope(context.caller, wanted.projectId);
    const agents: AgentUpgradeAnswer[] = [];
    let position = 0;
    for (const [place, serverId] of [...new Set(wanted.serverIds)].entries()) {
      const answer = await this.#request(scope, { wanted, build, place, serverId }, context);
      agents.push(answer.told);
      position = Math.max(position, answer.position);
    }
    await this.projections.reached(position);
    this.upgrading.wake();
    return { waveId: wanted.waveId, version: build.version, agents };
  }

  @OnRequest(labelAgent)
  async label({ projectId, serverId, set, remove }: z.infer<typeof labelAgent.input>, context: RequestContext): Promise<Agent> {
    const scope = projectScope(context.caller, projectId);
    const agent = await this.agents.ofServer(scope, serverId);
    if (!agent) throw new NotFound('agent.unknown', 'There is no agent on a server of this id in this project.');
    const { position } = await handleAgentCommand(this.store, agent.agent_id, { type: 'LabelAgent', data: { set, remove, at: this.clock().toISOString() } }, { commandId: newId(), actor: userActor(context.caller), correlationId: context.correlationId, projectId });
    await this.projections.reached(position);
    return await this.agents.show(scope, agent.agent_id);
  }

  @OnRequest(reportUpgradeFinished)
  async finished({ agentId, upgradeId, outcome, code, reason }: z.infer<typeof reportUpgradeFinished.input>, context: RequestContext): Promise<Record<string, never>> {
    const at = this.clock().toISOString();
    const failed = { code: code ?? 'upgrade.failed', reason: reason ?? 'The agent gave no reason.', isReverted: outcome === 'reverted' };
    const command = outcome === 'upgraded' ? ({ type: 'RecordUpgraded', data: { upgradeId, at } } as const) : ({ type: 'FailUpgrade', data: { upgradeId, ...failed, at } } as const);
    await handleAgentCommand(this.store, agentId, command, { commandId: uuidFrom(`agent-mgmt:report:${command.type}`, `${agentId}/${upgradeId}`), actor: agentActor(agentId), correlationId: context.correlationId });
    this.upgrading.wake();
    return {};
  }

  async #request(scope: ProjectScope, asked: { wanted: Wanted; build: AgentBuild; place: number; serverId: Wanted['serverIds'][number] }, context: RequestContext): Promise<{ told: AgentUpgradeAnswer; position: number }> {
    const { wanted, build, place, serverId } = asked;
    const agent = await this.agents.ofServer(scope, serverId);
    if (!agent) return { told: { serverId, outcome: 'refused', reason: 'It has no agent.' }, position: 0 };
    const upgradeId = uuidFrom('agent-mgmt:upgrade', `${wanted.waveId}/${agent.agent_id}`);
    const wave = { waveId: wanted.waveId, place, atOnce: wanted.atOnce, maxFailures: wanted.maxFailures };
    const command = { type: 'AskForUpgrade', data: { upgradeId, build, allowDowngrade: wanted.allowDowngrade, wave, at: this.clock().toISOString() } } as const;
    try {
      const { position } = await handleAgentCommand(this.store, agent.agent_id, command, { commandId: upgradeId, actor: userActor(context.caller), correlationId: context.correlationId, projectId: wanted.projectId });
      return { told: { serverId, outcome: 'asked' }, position };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { told: { serverId, outcome: error.code === 'upgrade.not_needed' ? 'current' : 'refused', reason: error.message }, position: 0 };
    }
  }
}
