/**
 * The part of an agent's life that is about its program: which build somebody wants it to have, when it was told, how it
 * ended. Pure; the agent's decider calls it. An agent has one upgrade at a time, and a verdict that comes twice, or after
 * nobody waits for it any more, changes nothing.
 */
import { Refusal } from '@citrus/kit-domain';
import type { z } from 'zod';
import type { AgentUpgradeBegun, AgentUpgradeFailed, AgentUpgradeRequested, AgentUpgraded } from './upgrade.events.ts';

export type RequestedUpgrade = z.infer<typeof AgentUpgradeRequested>;
export type UpgradeState =
  | { readonly status: 'none' }
  | { readonly status: 'waiting'; readonly request: RequestedUpgrade }
  | { readonly status: 'begun'; readonly request: RequestedUpgrade; readonly deadline: string };

export type UpgradeEvent =
  | { type: 'AgentUpgradeRequested'; data: RequestedUpgrade }
  | { type: 'AgentUpgradeBegun'; data: z.infer<typeof AgentUpgradeBegun> }
  | { type: 'AgentUpgraded'; data: z.infer<typeof AgentUpgraded> }
  | { type: 'AgentUpgradeFailed'; data: z.infer<typeof AgentUpgradeFailed> };

export type UpgradeCommand =
  | { type: 'RequestUpgrade'; data: RequestedUpgrade }
  | { type: 'BeginUpgrade'; data: { upgradeId: string; deadline: string; at: string } }
  | { type: 'RecordUpgraded'; data: { upgradeId: string; at: string } }
  | { type: 'FailUpgrade'; data: { upgradeId: string; code: string; reason: string; isReverted: boolean; at: string } };

export const NO_UPGRADE: UpgradeState = { status: 'none' };

const request = (state: UpgradeState, wanted: RequestedUpgrade): UpgradeEvent[] => {
  if (state.status === 'none') return [{ type: 'AgentUpgradeRequested', data: wanted }];
  if (state.request.upgradeId === wanted.upgradeId) return [];
  throw new Refusal('upgrade.under_way', 'An upgrade of this agent is under way already. Wait for its end, which comes by itself.');
};

export const decideUpgrade = (state: UpgradeState, { type, data }: UpgradeCommand): UpgradeEvent[] => {
  if (type === 'RequestUpgrade') return request(state, data);
  if (state.status === 'none' || state.request.upgradeId !== data.upgradeId) return [];
  const { agentId, serverId, upgradeId, build } = state.request;
  switch (type) {
    case 'BeginUpgrade': return state.status === 'waiting' ? [{ type: 'AgentUpgradeBegun', data: { agentId, serverId, upgradeId, deadline: data.deadline, at: data.at } }] : [];
    // An agent that has it says so, also when it was called off in the same moment.
    case 'RecordUpgraded': return [{ type: 'AgentUpgraded', data: { agentId, serverId, upgradeId, version: build.version, at: data.at } }];
    case 'FailUpgrade': return [{ type: 'AgentUpgradeFailed', data: { agentId, serverId, upgradeId, code: data.code, reason: data.reason, isReverted: data.isReverted, at: data.at } }];
  }
};

export const evolveUpgrade = (state: UpgradeState, { type, data }: UpgradeEvent): UpgradeState => {
  switch (type) {
    case 'AgentUpgradeRequested': return { status: 'waiting', request: data };
    case 'AgentUpgradeBegun': return state.status === 'none' ? state : { status: 'begun', request: state.request, deadline: data.deadline };
    case 'AgentUpgraded':
    case 'AgentUpgradeFailed': return NO_UPGRADE;
  }
};
