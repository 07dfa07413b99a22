/**
 * The JetStream streams, all in account CONTROL, as data. The deploy step makes them; auth's steward makes
 * an EVENTS stream anew when the log's owner asks, because it is a disposable copy of the log. Few streams, few durables: see ADR 0002.
 */
import { LOGGED_SERVICES, ServiceName, type LoggedService } from './services.ts';
import { subjects } from './subjects.ts';

const DAY_MS = 86_400_000;

export type StreamDefinition = {
  readonly name: string;
  readonly subjects: readonly string[];
  /** Who may publish into it, and who may read out of it. The rights on NATS say the same; a test compares them. */
  readonly writers: readonly (ServiceName | 'agent')[];
  readonly readers: readonly ServiceName[];
  readonly storage: 'file' | 'memory';
  /** Without an answer to the publisher: agents publish into these, and an answer would go to a subject they choose. */
  readonly noAck?: boolean;
  /** What was written last may go with the machine: it is told again. So it need not be on the disk before it is acknowledged. */
  readonly mayLoseItsEnd?: boolean;
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
  readonly maxMessagesPerSubject?: number;
  readonly compressed?: boolean;
  /** Nobody can take a message out again, not even who may make streams; only the stream as a whole can go. */
  readonly keepsForEver?: boolean;
  /** Many messages at once, all or none, where the server can (2.12). */
  readonly takesBatches?: boolean;
};

/** A log's owner compares its stream with the log; who follows it, acts on its facts. */
const FOLLOWERS: Record<LoggedService, readonly ServiceName[]> = {
  auth: ['auth', 'agent-mgmt', 'metrics'],
  provisioning: ['auth', 'provisioning', 'agent-mgmt', 'metrics'],
  'agent-mgmt': ['agent-mgmt', 'provisioning', 'metrics'],
  metrics: ['metrics'],
};

export const eventsStreamOf = (service: LoggedService): string => `EVENTS_${service}`;

export const eventsStream = (service: LoggedService): StreamDefinition => ({
  name: eventsStreamOf(service),
  subjects: [subjects.eventsOf(service)],
  writers: [service],
  readers: FOLLOWERS[service],
  storage: 'file',
  keepsForEver: true,
  takesBatches: true,
});

export const PRESENCE_STREAM = 'PRESENCE';
export const LOGS_STREAM = 'LOGS';
export const HEARTBEATS_STREAM = 'HEARTBEATS';
export const AUDIT_STREAM = 'AUDIT';
/** Signed roots of the logs, for whoever wants a copy that the services cannot reach. */
export const SEALS_STREAM = 'SEALS';

export const STREAMS: readonly StreamDefinition[] = [
  ...LOGGED_SERVICES.map(eventsStream),
  { name: PRESENCE_STREAM, subjects: ['presence.*'], writers: ['hub'], readers: ['hub'], storage: 'file', mayLoseItsEnd: true, maxMessagesPerSubject: 1 },
  { name: LOGS_STREAM, subjects: [subjects.everyAgent.log], writers: ['agent'], readers: ['agent-mgmt'], storage: 'file', noAck: true, maxAgeMs: 3 * DAY_MS, maxMessagesPerSubject: 50_000, maxBytes: 4 * 1024 ** 3, compressed: true },
  // In a file, because a memory stream is gone for good when a lone server restarts.
  { name: HEARTBEATS_STREAM, subjects: [subjects.everyAgent.heartbeat], writers: ['agent'], readers: ['hub'], storage: 'file', noAck: true, maxMessagesPerSubject: 1, maxBytes: 256 * 1024 ** 2 },
  { name: AUDIT_STREAM, subjects: ['audit.*'], writers: ServiceName.options, readers: ['auth'], storage: 'file', maxAgeMs: 30 * DAY_MS, maxBytes: 1024 ** 3 },
  { name: SEALS_STREAM, subjects: LOGGED_SERVICES.map(subjects.seal), writers: LOGGED_SERVICES, readers: LOGGED_SERVICES, storage: 'file', keepsForEver: true },
];
