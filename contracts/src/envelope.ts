/**
 * What every event looks like outside the process that appended it: the same shape in the log, on JetStream, in the
 * API and in an export. `position` is the event's place in its service's log and its sequence in `EVENTS_<service>`.
 */
import { z } from 'zod';
import { Instant, Token } from './ids.ts';

/** Who caused an event: a person, a service acting by itself, or an agent. */
export const Actor = z.object({ kind: z.enum(['user', 'service', 'agent']), id: z.string().min(1).max(128) });
export type Actor = z.infer<typeof Actor>;

export const EventEnvelope = z.object({
  id: z.uuid(),
  type: Token,
  /** Version of the payload's schema; an older one is upcast when it is read. */
  version: z.int().positive(),
  /** `<aggregate>-<id>`. */
  stream: Token,
  streamVersion: z.int().positive(),
  position: z.int().positive(),
  /** When the log took it in; never goes back within one log. */
  at: Instant,
  actor: Actor,
  projectId: z.uuid().optional(),
  causationId: z.string().optional(),
  correlationId: z.string(),
  traceparent: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;

/** An event whose payload a decider understands; `type` and `data` go together. */
export type DomainEvent = { readonly type: string; readonly data: Readonly<Record<string, unknown>> };

/** `server-0198…` → `server`: the kind of aggregate a stream belongs to. */
export const aggregateOf = (stream: string): string => stream.slice(0, stream.indexOf('-'));

/** `server-0198…` → `0198…`. */
export const aggregateIdOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);
