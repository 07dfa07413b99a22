/**
 * An agent: registered by auth's enrolment, connected once by its first hello, retired with its server. Presence is no
 * part of it; that is heartbeats, and they drive no life cycle.
 */
import { canonicalJson, type AgentConnected, type AgentRegistered, type Facts } from '@citrus/contracts';
import { Unavailable, type Decider } from '@citrus/kit-domain';
import type { z } from 'zod';
import type { AgentEvent } from './agent.events.ts';

type Registration = z.infer<typeof AgentRegistered>;

export type AgentState =
  | { readonly status: 'unknown' }
  | { readonly status: 'registered'; readonly registration: Registration }
  | { readonly status: 'connected'; readonly registration: Registration; readonly facts: AgentConnected['facts']; readonly factsAt: string; readonly changes: number }
  | { readonly status: 'retired' };

export type AgentCommand =
  | { type: 'RegisterAgent'; data: Registration }
  | { type: 'RecordHello'; data: { facts: z.infer<typeof Facts>; at: string } }
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

const decide = ({ type, data }: AgentCommand, state: AgentState): AgentEvent[] => {
  switch (type) {
    case 'RegisterAgent': return register(state, data);
    case 'RecordHello': return hello(state, data.facts, data.at);
    case 'RetireAgent':
      if (state.status === 'unknown' || state.status === 'retired') return [];
      return [{ type: 'AgentRetired', data: { agentId: state.registration.agentId, serverId: state.registration.serverId, at: data.at } }];
  }
};

const evolve = (state: AgentState, { type, data }: AgentEvent): AgentState => {
  if (type === 'AgentRegistered') return { status: 'registered', registration: data };
  if (type === 'AgentRetired') return { status: 'retired' };
  if (state.status === 'unknown' || state.status === 'retired') return state;
  return { status: 'connected', registration: state.registration, facts: data.facts, factsAt: data.at, changes: state.status === 'connected' ? state.changes + 1 : 0 };
};

export const agentDecider: Decider<AgentState, AgentCommand, AgentEvent> = {
  decide,
  evolve,
  initialState: { status: 'unknown' },
  // Facts change with every package upgrade, for as long as the server lives.
  snapshot: { name: 'agent', version: 1, every: 50 },
};
