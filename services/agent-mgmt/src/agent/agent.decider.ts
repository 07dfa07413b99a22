/**
 * An agent: registered by auth's enrolment, connected once by its first hello, retired with its server. Presence is no
 * part of it; that is heartbeats, and they drive no life cycle.
 */
import { canonicalJson, type AgentConnected, type AgentLabels, type AgentRegistered, type Facts } from '@citrus/contracts';
import { sha256Digest } from '@citrus/kit-crypto';
import { Unavailable, type Decider } from '@citrus/kit-domain';
import type { z } from 'zod';
import { label, upgradeRequestOf, type AskForUpgrade, type LabelAgent } from '../agent-version/about-agent.ts';
import { decideUpgrade, evolveUpgrade, NO_UPGRADE, type UpgradeCommand, type UpgradeState } from '../agent-version/upgrade.state.ts';
import type { AgentEvent } from './agent.events.ts';

type Registration = z.infer<typeof AgentRegistered>;

/** What people want of it, whether it has connected or not. */
type Wished = { readonly labels: AgentLabels; readonly upgrade: UpgradeState };
export type AgentState =
  | { readonly status: 'unknown' }
  | ({ readonly status: 'registered'; readonly registration: Registration } & Wished)
  | ({ readonly status: 'connected'; readonly registration: Registration; readonly facts: AgentConnected['facts']; readonly factsAt: string; readonly changes: number } & Wished)
  | { readonly status: 'retired' };

export type AgentCommand =
  | { type: 'RegisterAgent'; data: Registration }
  | { type: 'RecordHello'; data: { facts: z.infer<typeof Facts>; at: string } }
  | AskForUpgrade
  | LabelAgent
  | UpgradeCommand
  | { type: 'RetireAgent'; data: { at: string } };

const isNewer = (one: Registration, known: Registration): boolean => one.attempt > known.attempt || (one.attempt === known.attempt && one.nkey !== known.nkey);

/** A server that is made anew enrols with a later attempt, a rebuilt one with other keys: its first hello counts as a first one again. */
const register = (state: AgentState, registration: Registration): AgentEvent[] => {
  if (state.status === 'retired') return [];
  if (state.status !== 'unknown' && !isNewer(registration, state.registration)) return [];
  return [{ type: 'AgentRegistered', data: registration }];
};

/** An agent that tells something else each time must not fill the log; what is still true at its next hello is noted then. */
const CHANGES_AT_ONCE = 10;
const THEN_APART_MS = 60_000;

const isTooOften = ({ changes, factsAt }: Extract<AgentState, { status: 'connected' }>, at: string): boolean =>
  changes >= CHANGES_AT_ONCE && Date.parse(at) - Date.parse(factsAt) < THEN_APART_MS;

const hello = (state: AgentState, facts: z.infer<typeof Facts>, at: string): AgentEvent[] => {
  switch (state.status) {
    case 'unknown': throw new Unavailable('This agent is not known here yet; its enrolment is on its way. Say hello again soon.', { retryAfterMs: 1000 });
    case 'retired': return [];
    case 'registered': {
      const { agentId, serverId, projectId } = state.registration;
      return [{ type: 'AgentConnected', data: { agentId, serverId, projectId, facts, at } }];
    }
    case 'connected': {
      const { agentId, serverId } = state.registration;
      if (canonicalJson(facts) === canonicalJson(state.facts) || isTooOften(state, at)) return [];
      return [{ type: 'AgentFactsChanged', data: { agentId, serverId, facts, at } }];
    }
  }
};

/** What an agent names facts by that it has told before; undefined where there are none. */
export const digestOfFacts = (state: AgentState): string | undefined => (state.status === 'connected' ? sha256Digest(Buffer.from(canonicalJson(state.facts))) : undefined);

export const upgradeOf = (state: AgentState): UpgradeState => (state.status === 'registered' || state.status === 'connected' ? state.upgrade : NO_UPGRADE);

const decide = (command: AgentCommand, state: AgentState): AgentEvent[] => {
  const { type, data } = command;
  switch (type) {
    case 'AskForUpgrade': return decideUpgrade(upgradeOf(state), { type: 'RequestUpgrade', data: upgradeRequestOf(state, data) });
    case 'LabelAgent': return label(state, data);
    case 'RequestUpgrade':
    case 'BeginUpgrade':
    case 'RecordUpgraded':
    case 'FailUpgrade': return decideUpgrade(upgradeOf(state), command);
    case 'RegisterAgent': return register(state, data);
    case 'RecordHello': return hello(state, data.facts, data.at);
    case 'RetireAgent':
      if (state.status === 'unknown' || state.status === 'retired') return [];
      return [{ type: 'AgentRetired', data: { agentId: state.registration.agentId, serverId: state.registration.serverId, at: data.at } }];
  }
};

/** A machine that is made anew has a new program, and the labels that it had. */
const registered = (state: AgentState, registration: Registration): AgentState =>
  ({ status: 'registered', registration, labels: state.status === 'registered' || state.status === 'connected' ? state.labels : {}, upgrade: NO_UPGRADE });

const evolve = (state: AgentState, event: AgentEvent): AgentState => {
  const { type, data } = event;
  if (type === 'AgentRegistered') return registered(state, data);
  if (type === 'AgentRetired') return { status: 'retired' };
  if (state.status === 'unknown' || state.status === 'retired') return state;
  switch (type) {
    case 'AgentConnected':
    case 'AgentFactsChanged': return { ...state, status: 'connected', facts: data.facts, factsAt: data.at, changes: state.status === 'connected' ? state.changes + 1 : 0 };
    case 'AgentLabelled': return { ...state, labels: data.labels };
    case 'AgentUpgradeRequested':
    case 'AgentUpgradeBegun':
    case 'AgentUpgraded':
    case 'AgentUpgradeFailed': return { ...state, upgrade: evolveUpgrade(state.upgrade, event) };
  }
};

export const agentDecider: Decider<AgentState, AgentCommand, AgentEvent> = {
  decide,
  evolve,
  initialState: { status: 'unknown' },
  // Facts change with every package upgrade, for as long as the server lives.
  snapshot: { name: 'agent', version: 2, every: 50 },
};
