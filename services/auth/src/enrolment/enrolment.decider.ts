/**
 * How one server's agent gets in, and how it is put out. A token is good for one attempt at making the server and for one
 * pair of keys: the same keys may ask again (their answer got lost), other keys never. A newer attempt makes everything
 * older void, the key too. A key that was revoked never comes back.
 */
import { AgentCloneSuspected, AgentEnrolled as PublicAgentEnrolled, AgentRevoked, type AgentKeys } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { EnrolmentEvent, EnrolmentIssued } from './enrolment.events.ts';

export type EnrolmentCommand =
  | { readonly type: 'IssueEnrolment'; readonly data: EnrolmentIssued['data']; readonly at: string }
  | { readonly type: 'RedeemEnrolment'; readonly data: { readonly tokenHash: string; readonly keys: AgentKeys; readonly address: string }; readonly at: string }
  /** The disk of the server is written anew: once more, with the token that its user data holds. */
  | { readonly type: 'ReopenEnrolment'; readonly data: { readonly attempt: number; readonly expiresAt: string; readonly reason: string }; readonly at: string }
  /** Of this agent only: the server may have another one by now. */
  | { readonly type: 'RevokeAgent'; readonly data: { readonly agentId: string; readonly reason: string }; readonly at: string }
  /** Whoever speaks for the server, or would: the server is going. */
  | { readonly type: 'CloseEnrolment'; readonly data: { readonly reason: string }; readonly at: string }
  | { readonly type: 'ReportClone'; readonly data: { readonly nkey: string; readonly sessions: AgentCloneSuspected['sessions'] }; readonly at: string };

type Issued = EnrolmentIssued['data'] & {
  readonly refusedKeys: readonly string[]; readonly refusedAt?: string; readonly cloneSuspectedAt?: string;
  /** Of this and of earlier attempts. */
  readonly revokedKeys?: readonly string[];
};
type WithKeys = Issued & { readonly keys: AgentKeys };
export type Enrolment =
  | { readonly status: 'none' } | ({ readonly status: 'issued' } & Issued) | ({ readonly status: 'enrolled' } & WithKeys) | ({ readonly status: 'revoked' } & WithKeys) | ({ readonly status: 'withdrawn' } & Issued);
export type Enrolled = Extract<Enrolment, { status: 'enrolled' }>;

/** One alert of a kind for an agent and hour: whoever holds a leaked token must not fill the log. */
const ALERT_EVERY_MS = 3_600_000;
const isQuiet = (since: string | undefined, at: string): boolean => since !== undefined && Date.parse(at) - Date.parse(since) < ALERT_EVERY_MS;

const revoked = ({ agentId, serverId, projectId, keys }: Enrolled, at: string, reason: string): EnrolmentEvent =>
  ({ type: 'AgentRevoked', data: AgentRevoked.parse({ agentId, serverId, projectId, nkey: keys.nkey, at, reason }) });

const issue = ({ data, at }: Extract<EnrolmentCommand, { type: 'IssueEnrolment' }>, enrolment: Enrolment): EnrolmentEvent[] => {
  const issued: EnrolmentEvent = { type: 'EnrolmentIssued', data };
  if (enrolment.status === 'none') return [issued];
  if (data.attempt > enrolment.attempt) return enrolment.status === 'enrolled' ? [revoked(enrolment, at, `attempt ${data.attempt} at this server follows`), issued] : [issued];
  if (data.attempt < enrolment.attempt) throw new Refusal('enrolment.superseded', `Attempt ${enrolment.attempt} of server ${data.serverId} has its token already; attempt ${data.attempt} is over.`);
  if (data.agentId !== enrolment.agentId || data.projectId !== enrolment.projectId) throw new Refusal('enrolment.conflict', `Attempt ${data.attempt} of server ${data.serverId} was issued for another agent or project.`);
  if (enrolment.status === 'revoked' || enrolment.status === 'withdrawn') throw new Refusal('enrolment.closed', `Attempt ${data.attempt} of server ${data.serverId} was ended; a new attempt gets a new token.`);
  return enrolment.status === 'issued' && data.expiresAt > enrolment.expiresAt ? [issued] : [];
};

const isSame = (one: AgentKeys, other: AgentKeys) => one.nkey === other.nkey && one.boxKey === other.boxKey;
const tokenUsed = () => new Refusal('enrolment.used', 'This token was used with other keys.');

const refuseOtherKeys = ({ serverId, projectId, agentId, attempt, refusedKeys, refusedAt }: Enrolled, { nkey, address, at }: { nkey: string; address: string; at: string }): EnrolmentEvent[] => {
  if (refusedKeys.includes(nkey) || isQuiet(refusedAt, at)) throw tokenUsed();
  return [{ type: 'EnrolmentRefused', data: { serverId, projectId, agentId, attempt, nkey, address, at } }];
};

const redeem = ({ data, at }: Extract<EnrolmentCommand, { type: 'RedeemEnrolment' }>, enrolment: Enrolment): EnrolmentEvent[] => {
  if (enrolment.status === 'none' || enrolment.status === 'withdrawn' || enrolment.tokenHash !== data.tokenHash) throw new Refusal('enrolment.unknown_token', 'This token is not good, or no longer.');
  if (enrolment.revokedKeys?.includes(data.keys.nkey)) throw new Refusal('agent.key_revoked', 'This key was revoked and is never let in again; make new keys and come with a new token.');
  if (enrolment.status === 'revoked') throw tokenUsed();
  if (enrolment.status === 'enrolled') return isSame(enrolment.keys, data.keys) ? [] : refuseOtherKeys(enrolment, { nkey: data.keys.nkey, address: data.address, at });
  if (at >= enrolment.expiresAt) throw new Refusal('enrolment.expired', `This token expired at ${enrolment.expiresAt}; make the server again.`);
  const { agentId, serverId, projectId, attempt } = enrolment;
  return [{ type: 'AgentEnrolled', data: PublicAgentEnrolled.parse({ agentId, serverId, projectId, attempt, keys: data.keys }) }];
};

const withdrawn = ({ serverId, projectId, agentId, attempt }: Issued, at: string, reason: string): EnrolmentEvent =>
  ({ type: 'EnrolmentWithdrawn', data: { serverId, projectId, agentId, attempt, at, reason } });

/** Whatever can still get in does not any more. */
const close = (enrolment: Enrolment, at: string, reason: string): EnrolmentEvent[] => {
  if (enrolment.status === 'enrolled') return [revoked(enrolment, at, reason)];
  return enrolment.status === 'issued' ? [withdrawn(enrolment, at, reason)] : [];
};

/** Whoever enrolled is on no disk any more; his key never comes back, also not from a copy of that disk. */
const reopen = ({ data: { attempt, expiresAt, reason }, at }: Extract<EnrolmentCommand, { type: 'ReopenEnrolment' }>, enrolment: Enrolment): EnrolmentEvent[] => {
  if (enrolment.status === 'none' || enrolment.attempt !== attempt) return [];
  const { serverId, projectId, agentId, tokenHash } = enrolment;
  const armed: EnrolmentEvent = { type: 'EnrolmentIssued', data: { serverId, projectId, agentId, attempt, tokenHash, expiresAt } };
  if (enrolment.status === 'enrolled') return [revoked(enrolment, at, reason), armed];
  return enrolment.status === 'issued' && enrolment.expiresAt >= expiresAt ? [] : [armed];
};

const reportClone = ({ data, at }: Extract<EnrolmentCommand, { type: 'ReportClone' }>, enrolment: Enrolment): EnrolmentEvent[] => {
  if (enrolment.status !== 'enrolled' || enrolment.keys.nkey !== data.nkey || isQuiet(enrolment.cloneSuspectedAt, at)) return [];
  const { agentId, serverId, projectId } = enrolment;
  return [{ type: 'AgentCloneSuspected', data: AgentCloneSuspected.parse({ agentId, serverId, projectId, nkey: data.nkey, at, sessions: data.sessions }) }];
};

const decide = (command: EnrolmentCommand, enrolment: Enrolment): EnrolmentEvent[] => {
  switch (command.type) {
    case 'IssueEnrolment':
      return issue(command, enrolment);
    case 'RedeemEnrolment':
      return redeem(command, enrolment);
    case 'ReopenEnrolment':
      return reopen(command, enrolment);
    case 'RevokeAgent':
      return enrolment.status !== 'none' && enrolment.agentId === command.data.agentId ? close(enrolment, command.at, command.data.reason) : [];
    case 'CloseEnrolment':
      return close(enrolment, command.at, command.data.reason);
    case 'ReportClone':
      return reportClone(command, enrolment);
  }
};

const evolve = (enrolment: Enrolment, event: EnrolmentEvent): Enrolment => {
  if (event.type === 'EnrolmentIssued') {
    const revokedKeys = enrolment.status === 'none' ? undefined : enrolment.revokedKeys;
    return { ...event.data, status: 'issued', refusedKeys: [], ...(revokedKeys && { revokedKeys }) };
  }
  if (enrolment.status === 'none') return enrolment;
  switch (event.type) {
    case 'AgentEnrolled':
      return { ...enrolment, status: 'enrolled', keys: event.data.keys };
    case 'EnrolmentRefused':
      return { ...enrolment, refusedKeys: [...enrolment.refusedKeys, event.data.nkey], ...(event.data.at && { refusedAt: event.data.at }) };
    case 'EnrolmentWithdrawn':
      return { ...enrolment, status: 'withdrawn' };
    case 'AgentRevoked':
      return 'keys' in enrolment ? { ...enrolment, status: 'revoked', revokedKeys: [...(enrolment.revokedKeys ?? []), event.data.nkey] } : enrolment;
    case 'AgentCloneSuspected':
      return { ...enrolment, cloneSuspectedAt: event.data.at };
  }
};

export const enrolmentDecider: Decider<Enrolment, EnrolmentCommand, EnrolmentEvent> = { initialState: { status: 'none' }, decide, evolve };

/** Whether this agent may have a new credential for its key. @throws Refusal */
export const checkRenewal = (enrolment: Enrolment, { agentId, nkey }: { agentId: string; nkey: string }): Enrolled => {
  if (enrolment.status === 'none') throw new Refusal('agent.unknown', 'No such agent is enrolled.');
  if (enrolment.status === 'revoked' && enrolment.agentId === agentId) throw new Refusal('agent.revoked', 'This agent was revoked. Its server gets in again with a new token and new keys.');
  if (enrolment.status !== 'enrolled') throw new Refusal('agent.superseded', 'The server is being made again, or is gone; this agent no longer speaks for it.');
  if (enrolment.agentId !== agentId) throw new Refusal('agent.superseded', 'Another agent speaks for this server now.');
  if (enrolment.keys.nkey !== nkey) throw new Refusal('agent.other_key', 'This agent enrolled with another key.');
  return enrolment;
};
