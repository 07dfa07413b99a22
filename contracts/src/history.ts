/**
 * Reading a service's log. `log.read` is for other services (they may not touch its database): gaps, first starts and
 * what the feed no longer keeps. `history.read` is for people and is limited to their projects.
 */
import { z } from 'zod';
import { EventEnvelope } from './envelope.ts';
import { Instant, plainText, ProjectId, Token } from './ids.ts';
import { defineRequest } from './request.ts';
import { LOGGED_SERVICES, type LoggedService } from './services.ts';
import { subjects } from './subjects.ts';

const AggregateName = Token.regex(/^[A-Za-z0-9_]+$/, 'an aggregate name is letters, digits and _');

const narrowing = {
  types: z.array(plainText(128)).max(200).optional(),
  /** The kind of aggregate: `server` for all streams named `server-…`. */
  category: AggregateName.optional(),
  /** Events of this instant and later … */
  from: Instant.optional(),
  /** … and before this one. */
  until: Instant.optional(),
  /** The one event with this id. */
  id: z.uuid().optional(),
};

export const LogRead = z.strictObject({
  /** Positions greater than this one. */
  after: z.int().min(0),
  limit: z.int().min(1).max(1000).default(500),
  ...narrowing,
});
export type LogRead = z.infer<typeof LogRead>;
/** Fewer than `limit` events where they are large. `head` is the log's last position, so that a reader who filters knows how far it has come. */
export const LogPage = z.object({ events: z.array(EventEnvelope), head: z.int().min(0) });
export type LogPage = z.infer<typeof LogPage>;

export const readLogOf = (service: LoggedService) =>
  defineRequest({
    subject: `rpc.${service}.log.read`,
    input: LogRead,
    reply: LogPage,
    access: { by: 'service', services: ['provisioning', 'agent-mgmt', 'metrics'] },
  });

export const HistoryRead = z.strictObject({
  after: z.int().min(0).optional(),
  before: z.int().min(1).optional(),
  limit: z.int().min(1).max(1000).default(100),
  /** `forward` from `after`, or `backward` from `before` (or the head). */
  direction: z.enum(['forward', 'backward']).default('forward'),
  stream: plainText(200).optional(),
  /** Every stream that this aggregate id appears in, e.g. a server and the jobs on it (by payload field `serverId`). */
  about: plainText(200).optional(),
  /** Several kinds of aggregates. */
  categories: z.array(AggregateName).max(30).optional(),
  /** Whoever did it: the id of a person, a service or an agent. */
  actor: plainText(128).optional(),
  /** Words that all stand in the event: in its type, its stream or its payload as it is kept, so nothing sealed is found by them. */
  words: z.array(plainText(200)).min(1).max(5).optional(),
  /** Of this one of the reader's projects. */
  projectId: ProjectId.optional(),
  ...narrowing,
});
export type HistoryRead = z.infer<typeof HistoryRead>;

export const readHistoryOf = (service: LoggedService) =>
  defineRequest({ subject: subjects.rpc(service, 'history', 'read'), input: HistoryRead, reply: LogPage, access: { by: 'member', role: 'analyst' } });

/** `<service>:<position>` joined by commas: where a reader of all logs stands. */
export type LogVector = Partial<Record<LoggedService, number>>;

export const formatVector = (vector: LogVector): string =>
  LOGGED_SERVICES.filter((service) => vector[service] !== undefined).map((service) => `${service}:${vector[service]}`).join(',');

/** @throws RangeError when the text is not a vector. */
export const parseVector = (text: string): LogVector => {
  const vector: LogVector = {};
  for (const part of text.split(',').filter(Boolean)) {
    const [service, position, rest] = part.split(':');
    const known = LOGGED_SERVICES.find((name) => name === service);
    if (!known || rest !== undefined || !/^\d{1,15}$/.test(position ?? '')) throw new RangeError(`not a cursor: ${part.slice(0, 80)}`);
    vector[known] = Number(position);
  }
  return vector;
};
