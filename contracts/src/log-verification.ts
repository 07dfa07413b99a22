/**
 * Proving that a log was not changed, a stretch at a time: the caller begins at 0 and asks again with the position and
 * the hash that it was given, until the position is the head. What is answered holds for the events of that stretch.
 */
import { z } from 'zod';
import { defineRequest } from './request.ts';
import type { LoggedService } from './services.ts';
import { subjects } from './subjects.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const LogProblem = z.object({
  /** Where the log first departs from what was written; of a seal, the first position that it covers. */
  position: z.int(),
  kind: z.enum([
    /** The event's bytes, time, stream or hash are not those that were appended. */
    'changed',
    /** There is no event at this position, though there was or must have been one. */
    'missing',
    /** An event that was never appended. */
    'inserted',
    /** The chain is whole, but the events are not those that were signed. */
    'rewritten',
    /** What stands beside the event (its stream's version, its project, the head) does not agree with it. */
    'inconsistent',
    /** A signed root is false, is gone from one of its places or contradicts another one. */
    'seal',
  ]),
  message: z.string(),
});
export type LogProblem = z.infer<typeof LogProblem>;

export const LogVerify = z.strictObject({
  after: z.int().min(0).default(0),
  /** The hash that the answer before this one ended with. */
  hash: Hash.optional(),
  limit: z.int().min(1).max(100_000).default(50_000),
});
export type LogVerify = z.infer<typeof LogVerify>;

export const LogVerification = z.object({
  position: z.int().min(0),
  head: z.int().min(0),
  /** Of the chain at `position`, as computed and not as stored. */
  hash: Hash,
  /** In order of position; the first one is what to look at. Empty when all is well; at most 100. */
  problems: z.array(LogProblem),
  seals: z.object({
    /** How many signed roots end in this stretch and are true. */
    checked: z.int().min(0),
    /** The last position that any good signature covers, 0 without one. What is behind it is only chained. */
    lastSigned: z.int().min(0),
    /** The keys that the service accepts, raw Ed25519 in base64url by key id; compare them with those that you keep. */
    publicKeys: z.record(z.string(), z.string()),
  }),
});
export type LogVerification = z.infer<typeof LogVerification>;

export const verifyLogOf = (service: LoggedService) =>
  defineRequest({ subject: subjects.rpc(service, 'log', 'verify'), input: LogVerify, reply: LogVerification, access: { by: 'administrator' } });
