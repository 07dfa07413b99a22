/**
 * How a service stands, for those who run the installation: how far the readers of logs are, what they could not handle and
 * parked, and the ages of keys. One question a service; the hub puts the answers beside each other.
 */
import { z } from 'zod';
import { Instant, plainText } from './ids.ts';
import { defineRequest } from './request.ts';
import { LoggedService, ServiceName } from './services.ts';
import { subjects } from './subjects.ts';

const Position = z.int().min(0);

/** A service with a database: all but the hub. */
export const StoringService = ServiceName.exclude(['hub']);
export type StoringService = z.infer<typeof StoringService>;
export const STORING_SERVICES = StoringService.options;

export const LogReaderStatus = z.object({
  reader: z.string(),
  /** `relay`: brings the service's own log to the feed of the others; `feed`: takes another service's. */
  kind: z.enum(['relay', 'projection', 'feed']),
  /** Whose log it reads. */
  source: LoggedService,
  position: Position,
  /** Null where the end of the log is not known at the moment. */
  lag: Position.nullable(),
  parked: z.int().min(0),
  paused: z.string().nullable(),
  error: z.string().nullable(),
});
export type LogReaderStatus = z.infer<typeof LogReaderStatus>;

/** Never the key itself. `expiresAt` null: it does not expire by itself. */
export const KeyAge = z.object({ key: z.string(), madeAt: Instant.nullable(), expiresAt: Instant.nullable() });
export type KeyAge = z.infer<typeof KeyAge>;

export const ServiceReport = z.object({
  service: ServiceName,
  version: z.string(),
  startedAt: Instant,
  /** By the service's own clock, when it answered. */
  now: Instant,
  isReady: z.boolean(),
  detail: z.string().nullable(),
  /** Null where there is none. `aheadMs`: how far its clock is before the service's. */
  database: z.object({ answeredInMs: z.number(), bytes: z.number(), aheadMs: z.number() }).nullable(),
  /** Null while it does not answer. */
  nats: z.object({ answeredInMs: z.number() }).nullable(),
  /** Where the service runs. */
  disk: z.object({ freeBytes: z.number(), totalBytes: z.number() }).nullable(),
  memoryBytes: z.number(),
  readers: z.array(LogReaderStatus),
  keys: z.array(KeyAge),
});
export type ServiceReport = z.infer<typeof ServiceReport>;

/** An event that a feed could not handle. Later ones of its stream wait behind it. */
export const ParkedEvent = z.object({
  consumer: z.string(), position: Position, source: LoggedService, stream: z.string(), type: z.string(), at: Instant, parkedAt: Instant, reason: z.string(),
});
export type ParkedEvent = z.infer<typeof ParkedEvent>;

export const Consumer = plainText(100);
export const SkipReason = plainText(500);
export const MOST_PARKED_SHOWN = 500;

const of = (service: StoringService, verb: string) => subjects.rpc(service, 'operations', verb);
const access = { by: 'administrator' } as const;
const Left = z.object({ left: z.int().min(0) });

export const readServiceReportOf = (service: StoringService) => defineRequest({ subject: of(service, 'report'), input: z.strictObject({}), reply: ServiceReport, access });
/** The first ones in the order of their logs. */
export const listParkedOf = (service: StoringService) => defineRequest({ subject: of(service, 'parked'), input: z.strictObject({}), reply: z.object({ items: z.array(ParkedEvent) }), access });
/** Tries them again, in order; a stream stops at its first failure. */
export const retryParkedOf = (service: StoringService) => defineRequest({ subject: of(service, 'retry-parked'), input: z.strictObject({ consumer: Consumer }), reply: Left, access });
/** The feed does without this event for ever; what waits behind it is tried again. Who, when and why is kept. */
export const skipParkedOf = (service: StoringService) =>
  defineRequest({ subject: of(service, 'skip-parked'), input: z.strictObject({ consumer: Consumer, position: Position, reason: SkipReason }), reply: Left, access });
