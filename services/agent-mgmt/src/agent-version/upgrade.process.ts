/**
 * Drives upgrades: begins those whose turn it is, rings at the agent's door, gives up those nobody hears of. Its memory is
 * events and rows; an agent that was not reached is told when it says hello.
 */
import type { AgentCommand } from '@citrus/contracts';
import { internalScope, type Clock } from '@citrus/kit-domain';
import { uuidFrom, type EventStore, type Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { SERVICE } from '../actors.ts';
import { handleAgentCommand } from '../agent/agent.handler.ts';
import type { AgentStore } from '../agent/agent.store.ts';
import type { Doorbell } from '../command/doorbell.ts';
import { upgradeOf } from '../agent/agent.decider.ts';
import type { UpgradeCommand, UpgradeState } from './upgrade.state.ts';
import { nextOfWave, type WaveMember } from './wave.ts';

const WAVES = internalScope('drives every upgrade, whoever it belongs to');
/** An agent that is away or busy may begin until then. */
export const BEGIN_WITHIN_MS = 60 * 60_000;
const HELLO_WITHIN_SECONDS = 180;
const SETTLE_AFTER_SECONDS = 60;
const COMMAND_GOOD_FOR_MS = 120_000;
/** The agent is about to restart, or fetches the command keys anew; it is told again at its next hello. */
const PASSING = new Set(['agent.stopping', 'key.unknown', 'upgrade.under_way']);

/** What the agent is told, if it is to be told anything now. */
export const upgradeCommandOf = (state: UpgradeState, now: Date): AgentCommand | undefined => {
  if (state.status !== 'begun') return undefined;
  const { agentId, upgradeId, build, allowDowngrade } = state.request;
  return {
    type: 'agent-upgrade', commandId: uuidFrom('agent-mgmt:upgrade-command', upgradeId), agentId, upgradeId, build, allowDowngrade, helloWithinSeconds: HELLO_WITHIN_SECONDS,
    settleAfterSeconds: SETTLE_AFTER_SECONDS, deadline: state.deadline, notBefore: now.toISOString(), expiresAt: new Date(now.getTime() + COMMAND_GOOD_FOR_MS).toISOString(),
  };
};

type Parts = { readonly store: EventStore; readonly agents: AgentStore; readonly doorbell: Doorbell; readonly projections: Pick<Projections, 'reached'>; readonly clock: Clock; readonly logger: Logger };

export class UpgradeProcess {
  constructor(private readonly parts: Parts) {}

  async turn(): Promise<void> {
    const { agents, projections, store, clock } = this.parts;
    if (!(await agents.hasOpenUpgrades(WAVES))) return;
    await projections.reached(await store.head());
    for (const members of await agents.openWaves(WAVES)) {
      const { begin, callOff, overdue } = nextOfWave(members, clock());
      for (const member of callOff) await this.#fail(member, 'upgrade.called_off', 'More agents of this wave could not be upgraded than may.');
      for (const member of overdue) await this.#fail(member, 'upgrade.unanswered', 'The agent was not heard of. If it comes back it may still tell how it went.');
      await Promise.all(begin.map((member) => this.#begin(member)));
    }
  }

  async #begin(member: WaveMember): Promise<void> {
    const { clock, doorbell } = this.parts;
    const now = clock();
    const { events, state } = await this.#handle(member, { type: 'BeginUpgrade', data: { upgradeId: member.upgradeId, deadline: new Date(now.getTime() + BEGIN_WITHIN_MS).toISOString(), at: now.toISOString() } });
    const command = events.length > 0 ? upgradeCommandOf(upgradeOf(state), now) : undefined;
    const reply = command && (await doorbell.ring(command));
    if (typeof reply !== 'object' || reply.outcome !== 'refused' || PASSING.has(reply.code)) return;
    await this.#fail(member, reply.code, reply.reason);
  }

  async #fail(member: WaveMember, code: string, reason: string): Promise<void> {
    this.parts.logger.warn({ event: 'upgrade.failed', agent_id: member.agentId, code }, reason);
    await this.#handle(member, { type: 'FailUpgrade', data: { upgradeId: member.upgradeId, code, reason, isReverted: false, at: this.parts.clock().toISOString() } });
  }

  #handle(member: WaveMember, command: UpgradeCommand) {
    return handleAgentCommand(this.parts.store, member.agentId, command, { commandId: uuidFrom(`agent-mgmt:upgrade:${command.type}`, member.upgradeId), actor: SERVICE, correlationId: member.wave.waveId, projectId: member.projectId });
  }
}
