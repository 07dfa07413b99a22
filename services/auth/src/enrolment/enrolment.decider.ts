/**
 * How one server's agent gets in. A token is good for one attempt at making the server and for one pair of keys: the
 * same keys may ask again (their answer got lost), other keys never. A newer attempt makes everything older void.
 */
import { AgentEnrolled as PublicAgentEnrolled, type AgentKeys } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { EnrolmentEvent, EnrolmentIssued } from './enrolment.events.ts';

export type EnrolmentCommand =
  | { readonly type: 'IssueEnrolment'; readonly data: EnrolmentIssued['data'] }
  | { readonly type: 'RedeemEnrolment'; readonly data: { readonly tokenHash: string; readonly keys: AgentKeys; readonly address: string }; readonly at: string };

type Issued = EnrolmentIssued['data'] & { readonly refusedKeys: readonly string[] };
export type Enrolment = { readonly status: 'none' } | ({ readonly status: 'issued' } & Issued) | ({ readonly status: 'enrolled'; readonly keys: AgentKeys } & Issued);
export type Enrolled = Extract<Enrolment, { status: 'enrolled' }>;

/** A leaked token must not fill the log. */
const REFUSALS_IN_LOG = 5;

const issue = ({ data }: Extract<EnrolmentCommand, { type: 'IssueEnrolment' }>, enrolment: Enrolment): EnrolmentEvent[] => {
  const issued: EnrolmentEvent[] = [{ type: 'EnrolmentIssued', data }];
  if (enrolment.status === 'none' || data.attempt > enrolment.attempt) return issued;
  if (data.attempt < enrolment.attempt) throw new Refusal('enrolment.superseded', `Attempt ${enrolment.attempt} of server ${data.serverId} has its token already; attempt ${data.attempt} is over.`);
  if (data.agentId !== enrolment.agentId || data.projectId !== enrolment.projectId) throw new Refusal('enrolment.conflict', `Attempt ${data.attempt} of server ${data.serverId} was issued for another agent or project.`);
  return enrolment.status === 'issued' && data.expiresAt > enrolment.expiresAt ? issued : [];
};

const isSame = (one: AgentKeys, other: AgentKeys) => one.nkey === other.nkey && one.boxKey === other.boxKey;

const refuseOtherKeys = ({ serverId, projectId, agentId, attempt, refusedKeys }: Enrolled, nkey: string, address: string): EnrolmentEvent[] => {
  if (refusedKeys.includes(nkey) || refusedKeys.length >= REFUSALS_IN_LOG) throw new Refusal('enrolment.used', 'This token was used with other keys.');
  return [{ type: 'EnrolmentRefused', data: { serverId, projectId, agentId, attempt, nkey, address } }];
};

const redeem = ({ data, at }: Extract<EnrolmentCommand, { type: 'RedeemEnrolment' }>, enrolment: Enrolment): EnrolmentEvent[] => {
  if (enrolment.status === 'none' || enrolment.tokenHash !== data.tokenHash) throw new Refusal('enrolment.unknown_token', 'This token is not good, or no longer.');
  if (enrolment.status === 'enrolled') return isSame(enrolment.keys, data.keys) ? [] : refuseOtherKeys(enrolment, data.keys.nkey, data.address);
  if (at >= enrolment.expiresAt) throw new Refusal('enrolment.expired', `This token expired at ${enrolment.expiresAt}; make the server again.`);
  const { agentId, serverId, projectId, attempt } = enrolment;
  return [{ type: 'AgentEnrolled', data: PublicAgentEnrolled.parse({ agentId, serverId, projectId, attempt, keys: data.keys }) }];
};

const decide = (command: EnrolmentCommand, enrolment: Enrolment): EnrolmentEvent[] => {
  switch (command.type) {
    case 'IssueEnrolment':
      return issue(command, enrolment);
    case 'RedeemEnrolment':
      return redeem(command, enrolment);
  }
};

const evolve = (enrolment: Enrolment, event: EnrolmentEvent): Enrolment => {
  switch (event.type) {
    case 'EnrolmentIssued':
      return { ...event.data, status: 'issued', refusedKeys: [] };
    case 'AgentEnrolled':
      return enrolment.status === 'none' ? enrolment : { ...enrolment, status: 'enrolled', keys: event.data.keys };
    case 'EnrolmentRefused':
      return enrolment.status === 'none' ? enrolment : { ...enrolment, refusedKeys: [...enrolment.refusedKeys, event.data.nkey] };
  }
};

export const enrolmentDecider: Decider<Enrolment, EnrolmentCommand, EnrolmentEvent> = { initialState: { status: 'none' }, decide, evolve };

/** Whether this agent may have a new credential for its key. @throws Refusal */
export const checkRenewal = (enrolment: Enrolment, { agentId, nkey }: { agentId: string; nkey: string }): Enrolled => {
  if (enrolment.status === 'none') throw new Refusal('agent.unknown', 'No such agent is enrolled.');
  if (enrolment.status === 'issued') throw new Refusal('agent.superseded', 'The server is being made again; this agent no longer speaks for it.');
  if (enrolment.agentId !== agentId) throw new Refusal('agent.superseded', 'Another agent speaks for this server now.');
  if (enrolment.keys.nkey !== nkey) throw new Refusal('agent.other_key', 'This agent enrolled with another key.');
  return enrolment;
};
