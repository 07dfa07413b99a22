/**
 * The three NATS accounts as data: who may reach whom, and what every role may do. An account JWT is made from this and
 * the public keys alone, so two processes that hold the same keys come to the same claims.
 *
 * Streams are in CONTROL only. An agent chooses the reply subject of what it publishes, and a stream in its own account
 * would answer there unchecked: so agents reach CONTROL through service imports and nothing else (design, section 3).
 */
import { AGENT_RESPONSES, AGENT_RIGHTS, inboxPrefixOf, SERVICE_RESPONSES, SERVICE_RIGHTS, ServiceName, STEWARD_RIGHTS, subjects, type NatsRights } from '@citrus/contracts';
import type { Account, Export, Import, OperatorLimits, SigningKey, UserPermissionsLimits } from '@nats-io/jwt';
import type { Revocations } from './revocations.ts';

export const ACCOUNT_NAMES = ['SYS', 'CONTROL', 'AGENTS'] as const;
export type AccountName = (typeof ACCOUNT_NAMES)[number];

/** Who signs in to CONTROL. The deployer makes the streams; the steward, a connection of auth, makes those of logs anew. */
export type ControlRole = ServiceName | 'deployer' | 'steward';
export const CONTROL_ROLES: readonly ControlRole[] = [...ServiceName.options, 'deployer', 'steward'];

/** Public keys only: safe to keep, to log and to put into a JWT. */
export type PublicKeys = {
  readonly operator: string;
  readonly accounts: Readonly<Record<AccountName, string>>;
  /** The scoped signing key of each role. Its rights stand in the account's JWT, so a credential outlives a change of them. */
  readonly signers: {
    readonly claims: string;
    readonly control: Readonly<Record<ControlRole, string>>;
    /** Several for one role: changing a scope drops everybody that its key signed, so it is done key by key. */
    readonly agents: readonly string[];
  };
};

type Responses = { readonly max: number; readonly ttlNanoseconds: number };

// An account without limits in its JWT allows no connection at all.
const LIMITS: OperatorLimits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: 0, disallow_bearer: true };
const NO_JETSTREAM: OperatorLimits = { mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 };
const JETSTREAM: OperatorLimits = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1, max_ack_pending: -1, mem_max_stream_bytes: -1, disk_max_stream_bytes: -1 };

const AGENT_SUBSCRIPTIONS = 16;

/** `resp` is always said: the JWT library's own default for a scoped key is an unlimited one. */
const scope = (key: string, role: string, rights: NatsRights, more: { responses?: Responses; subscriptions?: number }): SigningKey => {
  const template: Partial<UserPermissionsLimits> = {
    pub: { allow: [...rights.publish] },
    sub: { allow: [...rights.subscribe] },
    ...(more.responses && { resp: { max: more.responses.max, ttl: more.responses.ttlNanoseconds } }),
    subs: more.subscriptions ?? -1,
    data: -1,
    payload: -1,
    bearer_token: false,
    allowed_connection_types: ['STANDARD', 'WEBSOCKET'],
  };
  return { kind: 'user_scope', key, role, template };
};

/** What auth may do in SYS: tell the servers the accounts' claims, and drop a connection. */
const CLAIMS_RIGHTS: NatsRights = {
  publish: ['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP', '$SYS.REQ.SERVER.*.KICK'],
  subscribe: [`${inboxPrefixOf('auth')}.>`],
};
/** What the deploy step may do: make the streams, change them, look at them; never delete or read one. */
const DEPLOYER_RIGHTS: NatsRights = {
  publish: ['$JS.API.INFO', ...['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.*`), '$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST'],
  subscribe: ['_INBOX_deployer.>'],
};
const controlScope = (role: ControlRole, key: string): SigningKey => {
  if (role === 'deployer') return scope(key, role, DEPLOYER_RIGHTS, {});
  return role === 'steward' ? scope(key, role, STEWARD_RIGHTS, {}) : scope(key, role, SERVICE_RIGHTS[role], { responses: SERVICE_RESPONSES });
};

const presenceOf = (agents: string) => [`$SYS.ACCOUNT.${agents}.CONNECT`, `$SYS.ACCOUNT.${agents}.DISCONNECT`];
const connectionsOf = (agents: string) => `$SYS.REQ.ACCOUNT.${agents}.CONNZ`;
const FROM_AGENTS = [subjects.everyAgent.report, subjects.everyAgent.log, subjects.everyAgent.heartbeat, subjects.everyAgent.sync];
const TO_AGENTS = [subjects.everyAgent.command];

const exported = (type: 'service' | 'stream') => (subject: string): Export => ({ name: subject, subject, type });
const imported = (type: 'service' | 'stream', account: string) => (subject: string): Import => ({ name: subject, subject, type, account });

/** Keys that are let in no more: agents by auth's log, our own programs by the trust directory. */
export type Revoked = { readonly [Name in 'AGENTS' | 'CONTROL']?: Revocations };
const revoking = (revocations: Revocations | undefined): Pick<Account, 'revocations'> => (revocations && Object.keys(revocations).length > 0 ? { revocations: { ...revocations } } : {});

export const accountClaims = ({ accounts, signers }: PublicKeys, revoked: Revoked = {}): Record<AccountName, Partial<Account>> => ({
  SYS: {
    limits: { ...LIMITS, ...NO_JETSTREAM },
    // Every server of a cluster answers CONNZ for itself, so the answer is a stream of them.
    exports: [...presenceOf(accounts.AGENTS).map(exported('stream')), { ...exported('service')(connectionsOf(accounts.AGENTS)), response_type: 'Stream' }],
    signing_keys: [scope(signers.claims, 'claims', CLAIMS_RIGHTS, {})],
  },
  CONTROL: {
    limits: { ...LIMITS, ...JETSTREAM },
    exports: FROM_AGENTS.map(exported('service')),
    imports: [
      ...TO_AGENTS.map(imported('service', accounts.AGENTS)),
      ...presenceOf(accounts.AGENTS).map(imported('stream', accounts.SYS)),
      imported('service', accounts.SYS)(connectionsOf(accounts.AGENTS)),
    ],
    signing_keys: CONTROL_ROLES.map((role) => controlScope(role, signers.control[role])),
    ...revoking(revoked.CONTROL),
  },
  AGENTS: {
    limits: { ...LIMITS, ...NO_JETSTREAM },
    exports: TO_AGENTS.map(exported('service')),
    imports: FROM_AGENTS.map(imported('service', accounts.CONTROL)),
    signing_keys: signers.agents.map((key) => scope(key, 'agent', AGENT_RIGHTS, { responses: AGENT_RESPONSES, subscriptions: AGENT_SUBSCRIPTIONS })),
    ...revoking(revoked.AGENTS),
  },
});

/**
 * For a server that auth has told nothing yet: nobody is let in as an agent, because nobody knows who was revoked. So a
 * server that lost its directory admits no agent until auth has said who may.
 */
export const firstAccountClaims = (keys: PublicKeys, revoked: Revoked = {}): Record<AccountName, Partial<Account>> => {
  const claims = accountClaims(keys, revoked);
  return { ...claims, AGENTS: { ...claims.AGENTS, signing_keys: [] } };
};
