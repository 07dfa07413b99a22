/** What a wish of a person comes to for an agent as it is. Pure. */
import { AgentId, canonicalJson, MOST_LABELS, ServerId, type AgentBuild, type AgentLabels, type AgentUpdate, type Facts } from '@citrus/contracts';
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { AgentEvent } from '../agent/agent.events.ts';
import type { AgentState } from '../agent/agent.decider.ts';
import type { RequestedUpgrade } from './upgrade.state.ts';

export type AskForUpgrade = { type: 'AskForUpgrade'; data: Pick<RequestedUpgrade, 'upgradeId' | 'build' | 'allowDowngrade' | 'wave' | 'at'> };
export type LabelAgent = { type: 'LabelAgent'; data: { set: AgentLabels; remove: readonly string[]; at: string } };

const runtimeIn = (build: AgentBuild, arch: string) => (arch === 'x64' || arch === 'arm64' ? build.runtimes[arch] : undefined);

/** What the hub's build means for an agent with these facts. */
export const updateOf = (facts: Facts | null, build: AgentBuild | undefined): AgentUpdate => {
  if (!facts || !build) return 'unknown';
  if (facts.agentDigest === undefined) return 'by-hand';
  const runtime = runtimeIn(build, facts.arch);
  return facts.agentDigest === build.agentDigest && (!runtime || facts.nodeVersion === `v${runtime.version}`) ? 'none' : 'available';
};

/** @throws Refusal if it cannot become that build, or is it already. */
export const upgradeRequestOf = (state: AgentState, { upgradeId, build, allowDowngrade, wave, at }: AskForUpgrade['data']): RequestedUpgrade => {
  if (state.status !== 'connected') throw new Refusal('upgrade.not_connected', 'This agent has not connected yet; there is nothing to upgrade.');
  const update = updateOf(state.facts, build);
  if (update === 'by-hand') throw new Refusal('upgrade.unsupported', 'This agent was installed before agents could be upgraded. Run the installation once again on its machine; it keeps its identity. docs/how-to/upgrade-agents.md tells how.');
  if (update === 'none') throw new Refusal('upgrade.not_needed', `This agent is ${build.version} of this build already.`);
  const { agentId, serverId } = state.registration;
  return { agentId: AgentId.parse(agentId), serverId: ServerId.parse(serverId), upgradeId, build, allowDowngrade, wave, at };
};

/** @throws Refusal when there would be too many. */
export const label = (state: AgentState, { set, remove, at }: LabelAgent['data']): AgentEvent[] => {
  if (state.status !== 'registered' && state.status !== 'connected') throw new NotFound('agent.unknown', 'There is no such agent any more.');
  const labels = Object.fromEntries(Object.entries({ ...state.labels, ...set }).filter(([key]) => Object.hasOwn(set, key) || !remove.includes(key)));
  if (Object.keys(labels).length > MOST_LABELS) throw new Refusal('agent.too_many_labels', `An agent has at most ${MOST_LABELS} labels. Take some off first.`);
  if (canonicalJson(labels) === canonicalJson(state.labels)) return [];
  const { agentId, serverId } = state.registration;
  return [{ type: 'AgentLabelled', data: { agentId, serverId, labels, at } }];
};
