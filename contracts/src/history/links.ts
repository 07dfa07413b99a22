/**
 * Which event led to which. Every event may name the event that caused it, in this log or in another; a reader who
 * walks from log to log asks each of them for what it has.
 */
import { z } from 'zod';
import { EventEnvelope } from '../envelope.ts';
import { defineRequest } from '../request.ts';
import type { LoggedService } from '../services.ts';
import { subjects } from '../subjects.ts';

export const LinksRead = z.strictObject({
  /** The events with these ids … */
  ids: z.array(z.uuid()).max(100).default([]),
  /** … and those that these events caused. */
  causedBy: z.array(z.uuid()).max(100).default([]),
  limit: z.int().min(1).max(500).default(200),
});
export type LinksRead = z.infer<typeof LinksRead>;

/** An event of a project that is not the reader's shows that it is there, so that the chain does not seem to end. */
export const LinkedEvent = z.object({
  id: z.uuid(),
  causationId: z.string().nullable(),
  /** Null: it is not the reader's to see. */
  event: EventEnvelope.nullable(),
  /** The command that it was appended by; null with the event. */
  commandId: z.string().nullable(),
});
export type LinkedEvent = z.infer<typeof LinkedEvent>;

export const readLinksOf = (service: LoggedService) =>
  defineRequest({
    subject: subjects.rpc(service, 'history', 'links'),
    input: LinksRead,
    /** By position. `isCut`: there are more than were asked for. */
    reply: z.object({ links: z.array(LinkedEvent), isCut: z.boolean() }),
    access: { by: 'member', role: 'analyst' },
  });
