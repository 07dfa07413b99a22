/**
 * The log's owner asks for its EVENTS stream to be made anew, or to get the settings that it lacks. A subject for each
 * log, so that the broker's rights let every owner ask for its own stream only.
 */
import { z } from 'zod';
import { defineRequest } from '../request.ts';
import type { LoggedService } from '../services.ts';
import { subjects } from '../subjects.ts';

export const RemakeEventsStream = z.strictObject({
  /** Position of the first event that the new stream will take. */
  firstSequence: z.int().positive(),
  /** When the stream was made that is to go, as the broker tells it; null keeps what is there. Sent twice, it removes nothing new. */
  insteadOf: z.string().max(64).nullable(),
});

export const remakeEventsStreamOf = (service: LoggedService) =>
  defineRequest({ subject: subjects.remakeStream(service), input: RemakeEventsStream, reply: z.object({}), access: { by: 'service', services: [service] } });
