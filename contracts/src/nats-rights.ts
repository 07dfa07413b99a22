/**
 * What each program may do on NATS: allow-lists only. Auth turns this into JWTs; a test tries what is not listed.
 * Every service has its own inbox prefix, so that none can read another's answers.
 */
import { eventsStreamOf, HEARTBEATS_STREAM, LOGS_STREAM, PRESENCE_STREAM, AUDIT_STREAM, SEALS_STREAM } from './streams.ts';
import { LOGGED_SERVICES, type LoggedService, type ServiceName } from './services.ts';
import { subjects } from './subjects.ts';

export type NatsRights = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

export const inboxPrefixOf = (service: ServiceName): string => `_INBOX_${service}`;

const rpcOf = (service: ServiceName) => `rpc.${service}.>`;
/**
 * Reading a stream: an ordered or durable consumer of one's own, and its information. Whoever may make a consumer may
 * have the broker deliver the stream's messages to any subject, so nobody gets this for a stream that it does not read.
 */
const reads = (stream: string) => [
  `$JS.API.STREAM.INFO.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}.>`, `$JS.API.CONSUMER.INFO.${stream}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`, `$JS.API.CONSUMER.DELETE.${stream}.>`, `$JS.ACK.${stream}.>`, `$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`,
];
/** A log's owner publishes its seals and reads them again, message by message; it can neither delete nor remake their stream. */
const sealsLog = (service: LoggedService) => [subjects.seal(service), `$JS.API.DIRECT.GET.${SEALS_STREAM}`];
/**
 * A log's owner publishes its feed and compares it with the log. Making, changing or removing a stream is nobody's here:
 * whoever may can have the broker republish it to any subject of the account. The owner asks auth's steward.
 */
const ownsFeed = (service: LoggedService) => {
  const stream = eventsStreamOf(service);
  return [...sealsLog(service), subjects.eventsOf(service), `$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.MSG.GET.${stream}`, subjects.remakeStream(service)];
};
/** What people and agents come to the hub for; never a log without a person's token, nor a token to enrol with. */
const PEOPLE_ASK_FOR = {
  auth: ['agent', 'session', 'keys', 'user', 'project', 'member', 'invitation', 'installation', 'history', 'projections', 'audit', 'health', 'second-factor', 'oidc', 'api-token', 'service-account'],
  provisioning: ['server', 'group', 'reconcile', 'cloud', 'quota', 'history', 'projections', 'health'],
  'agent-mgmt': ['job', 'run', 'schedule', 'app', 'installer', 'bundle', 'agent', 'keys', 'history', 'projections', 'health'],
  metrics: ['server', 'webhook', 'history', 'projections', 'health'],
} as const satisfies Partial<Record<ServiceName, readonly string[]>>;
const hubAsks = [
  ...(['auth', 'provisioning', 'agent-mgmt', 'metrics'] as const).flatMap((service) => [...PEOPLE_ASK_FOR[service], 'operations'].map((resource) => subjects.rpc(service, resource, '*'))),
  // An administrator may have a log verified; it tells positions and hashes, never an event.
  ...LOGGED_SERVICES.map((service) => subjects.rpc(service, 'log', 'verify')),
  subjects.internal('auth', 'revocations-read'), subjects.internal('auth', 'api-token-exchange'),
  subjects.internal('auth', 'enrolment-redeem'), subjects.internal('auth', 'agent-renew'), subjects.internal('auth', 'agent-clone'),
  subjects.internal('agent-mgmt', 'command-keys'), subjects.internal('agent-mgmt', 'bundle-read'), subjects.internal('metrics', 'exposition'),
];
const readsLogOf = (service: LoggedService) => [`rpc.${service}.log.read`, ...reads(eventsStreamOf(service))];
const common = (service: ServiceName) => ({ publish: ['$JS.API.INFO', `audit.${service}`], subscribe: [`${inboxPrefixOf(service)}.>`] });

const rights = (service: ServiceName, publish: readonly string[], subscribe: readonly string[]): NatsRights => ({
  publish: [...common(service).publish, ...publish],
  subscribe: [...common(service).subscribe, ...subscribe],
});

export const SERVICE_RIGHTS: Record<ServiceName, NatsRights> = {
  // Auth verifies tokens as everybody does: with its own key set, asked for by NATS.
  auth: rights('auth', [...ownsFeed('auth'), ...readsLogOf('provisioning'), ...reads(AUDIT_STREAM), subjects.rpc('auth', 'keys', 'jwks')], [rpcOf('auth')]),
  provisioning: rights(
    'provisioning',
    [...ownsFeed('provisioning'), ...readsLogOf('agent-mgmt'), subjects.internal('auth', 'enrolment-issue'), subjects.rpc('auth', 'keys', 'jwks'), subjects.internal('metrics', 'load-read')],
    [rpcOf('provisioning')],
  ),
  'agent-mgmt': rights(
    'agent-mgmt',
    [...ownsFeed('agent-mgmt'), ...readsLogOf('auth'), ...readsLogOf('provisioning'), ...reads(LOGS_STREAM), subjects.rpc('auth', 'keys', 'jwks'), subjects.internal('provisioning', 'fleet-read'), subjects.everyAgent.command, 'job-changed.*'],
    [rpcOf('agent-mgmt'), subjects.everyAgent.report, subjects.everyAgent.sync, subjects.everyAgent.heartbeat],
  ),
  hub: rights(
    'hub',
    [
      // No log and no stream of one: history is asked for with the caller's token, the present is heard as it is published.
      ...reads(PRESENCE_STREAM), ...reads(HEARTBEATS_STREAM), 'presence.*',
      ...hubAsks,
      '$SYS.REQ.ACCOUNT.*.CONNZ',
    ],
    [rpcOf('hub'), 'job-changed.*', ...LOGGED_SERVICES.map(subjects.eventsOf), subjects.presence('*'), '$SYS.ACCOUNT.*.CONNECT', '$SYS.ACCOUNT.*.DISCONNECT', subjects.everyAgent.heartbeat],
  ),
  metrics: rights(
    'metrics',
    // Every log: webhooks tell what happens in any of them.
    [...ownsFeed('metrics'), ...LOGGED_SERVICES.flatMap(readsLogOf), subjects.rpc('auth', 'keys', 'jwks')],
    [rpcOf('metrics'), subjects.everyAgent.heartbeat],
  ),
};

/** A connection of auth's own, which makes the logs' streams anew when their owners ask. It reads none of them. */
export const STEWARD_RIGHTS: NatsRights = {
  publish: ['$JS.API.INFO', ...LOGGED_SERVICES.map(eventsStreamOf).flatMap((stream) => ['INFO', 'CREATE', 'UPDATE', 'DELETE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`))],
  subscribe: ['_INBOX_steward.>'],
};

/** Services answer requests: one answer each, and only for a while. */
export const SERVICE_RESPONSES = { max: 1, ttlNanoseconds: 60_000_000_000 } as const;

/** The template for the agents' scoped signing keys; the server fills in the name at connect. */
export const AGENT_RIGHTS: NatsRights = {
  publish: ['agent.{{name()}}.report.>', 'agent.{{name()}}.log.>', 'agent.{{name()}}.heartbeat', 'agent.{{name()}}.sync'],
  subscribe: ['agent.{{name()}}.cmd', 'agent.{{name()}}.inbox.>'],
};
export const AGENT_RESPONSES = { max: 1, ttlNanoseconds: 30_000_000_000 } as const;
