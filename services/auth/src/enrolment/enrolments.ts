/** Issuing tokens for provisioning; taking in agents and renewing their credentials for the hub. */
import { enrolmentProof, renewalProof, type Actor, type AgentCredential, type EnrolAgent, type RenewAgent } from '@citrus/contracts';
import { fold, Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import { type AppendContext, type EventStore } from '@citrus/kit-event-store';
import type { Logger, RequestContext } from '@citrus/kit-messaging';
import { contextOf, type Trace } from '../command-context.ts';
import type { Audit } from '../audit/audit.ts';
import type { MintCredential } from './agent-credential.ts';
import { checkRenewal, enrolmentDecider, type Enrolled, type EnrolmentCommand } from './enrolment.decider.ts';
import type { EnrolmentEvent, EnrolmentIssued } from './enrolment.events.ts';
import { serverOfToken, tokenHashOf, type EnrolmentTokens } from './enrolment-token.ts';
import { checkBoxKey, checkProof } from './proof.ts';

export type EnrolmentParts = {
  readonly store: EventStore;
  readonly tokens: EnrolmentTokens;
  readonly mint: MintCredential;
  readonly serverOfAgent: (agentId: string) => Promise<string | undefined>;
  readonly audit: Audit;
  readonly logger: Logger;
  readonly clock: Clock;
};

type Occasion = Trace & Pick<RequestContext, 'causationId'>;
type WithAddress<Input> = Input & { readonly address: string };
export type Enrolments = {
  issue(input: Omit<EnrolmentIssued['data'], 'tokenHash'>, trace: Occasion): Promise<{ token: string }>;
  redeem(input: WithAddress<EnrolAgent>, trace: Occasion): Promise<AgentCredential>;
  renew(input: WithAddress<RenewAgent>): Promise<AgentCredential>;
};

const streamOf = (serverId: string) => `enrolment-${serverId}`;
const causedContextOf = (occasion: Occasion, actor: Actor, projectId: string): AppendContext =>
  ({ ...contextOf(occasion, actor, projectId), ...(occasion.causationId && { causationId: occasion.causationId }) });

const loadEnrolment = async (store: EventStore, serverId: string) => {
  const { events, version } = await store.load(streamOf(serverId));
  const last = events.at(-1);
  return { state: fold(enrolmentDecider, events as unknown as EnrolmentEvent[]), version, position: last?.position ?? 0, lastEventId: last?.id };
};

const issue = ({ store, tokens, clock }: EnrolmentParts): Enrolments['issue'] => async (input, trace) => {
  const known = await loadEnrolment(store, input.serverId);
  const token = tokens.of(input, known.state.status === 'none' ? undefined : known.state.tokenHash);
  const command: EnrolmentCommand = { type: 'IssueEnrolment', data: { ...input, tokenHash: tokenHashOf(token) }, at: clock().toISOString() };
  await store.update(streamOf(input.serverId), enrolmentDecider, (enrolment) => enrolmentDecider.decide(command, enrolment), { ...causedContextOf(trace, { kind: 'service', id: 'provisioning' }, input.projectId), known });
  return { token };
};

const unknownToken = () => new Refusal('enrolment.unknown_token', 'This token is not good, or no longer.');

const redeem = (parts: EnrolmentParts): Enrolments['redeem'] => async ({ token, keys, at, signature, address }, trace) => {
  const { store, mint, clock } = parts;
  const now = clock();
  checkBoxKey(keys.boxKey);
  checkProof({ nkey: keys.nkey, text: enrolmentProof(token, keys, at), at, signature }, now);
  const serverId = serverOfToken(token);
  const known = serverId && (await loadEnrolment(store, serverId));
  if (!known || known.state.status === 'none') throw unknownToken();
  const { agentId, projectId } = known.state;
  const command: EnrolmentCommand = { type: 'RedeemEnrolment', data: { tokenHash: tokenHashOf(token), keys, address }, at: now.toISOString() };
  // The token that an agent comes with is what let it in.
  const context = causedContextOf({ ...trace, ...(known.lastEventId && { causationId: known.lastEventId }) }, { kind: 'agent', id: agentId }, projectId);
  const { state, events } = await store.update(streamOf(serverId), enrolmentDecider, (enrolment) => enrolmentDecider.decide(command, enrolment), { ...context, known });
  if (state.status !== 'enrolled') throw unknownToken();
  if (events.some(({ type }) => type === 'EnrolmentRefused')) refuseOtherKeys(parts, state, address);
  return mint(state);
};

const refuseOtherKeys = ({ audit, logger }: EnrolmentParts, { serverId, agentId }: Enrolled, address: string): never => {
  const reason = 'somebody came with a used enrolment token and other keys; the user data may have leaked';
  audit({ action: 'agent.enrol', outcome: 'refused', actor: { kind: 'agent', id: agentId }, address, reason });
  logger.warn({ event: 'enrolment.other_keys', server_id: serverId, address }, reason);
  throw new Refusal('enrolment.used', 'This token was used with other keys.');
};

/** The read model only finds the server; what counts is the log. */
const renew = ({ store, mint, serverOfAgent, audit, clock }: EnrolmentParts): Enrolments['renew'] => async ({ agentId, nkey, at, signature, address }) => {
  checkProof({ nkey, text: renewalProof(agentId, nkey, at), at, signature }, clock());
  const serverId = await serverOfAgent(agentId);
  if (!serverId) throw new Unauthenticated('No such agent is enrolled.', 'agent.unknown');
  try {
    return await mint(checkRenewal((await loadEnrolment(store, serverId)).state, { agentId, nkey }));
  } catch (error) {
    if (error instanceof Refusal) audit({ action: 'agent.renew', outcome: 'refused', actor: { kind: 'agent', id: agentId }, address, reason: error.message });
    throw error;
  }
};

export const createEnrolments = (parts: EnrolmentParts): Enrolments => ({ issue: issue(parts), redeem: redeem(parts), renew: renew(parts) });
