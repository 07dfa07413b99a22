/** Asking agents themselves whether they are there: a signed command to each, and who answered it, how fast, and who did not. */
import { z } from 'zod';
import { AgentId, plainText, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** Their ids fit into one request. */
export const MOST_SERVERS_IN_A_PING = 20_000;
/** More than these are counted and not named, so that an answer about a fleet fits into one message. */
export const MOST_NAMED_IN_A_PING = 1000;

/** How long an agent may take to answer. */
export const PingWait = z.int().min(100).max(10_000).default(2000);

/** `offline`: nobody listens for it. `silent`: it is connected and did not answer in time. `refused`: it answered that it does not obey. */
export const Unanswered = z.enum(['offline', 'silent', 'refused']);
export type Unanswered = z.infer<typeof Unanswered>;

const who = { agentId: AgentId, serverId: ServerId };
const Milliseconds = z.number().min(0);

export const AgentsPinged = z.object({
  asked: z.int().min(0),
  answered: z.int().min(0),
  /** From the first command to the last answer, or to the end of the wait. */
  tookMs: Milliseconds,
  /** When half, 95 % and 99 % of all that answered had done so, since the first command; null where nobody answered. */
  answeredWithin: z.object({ p50Ms: Milliseconds, p95Ms: Milliseconds, p99Ms: Milliseconds }).nullable(),
  /** The slowest first; `roundTripMs` is from its own command to its answer. */
  answers: z.array(z.object({ ...who, roundTripMs: Milliseconds })).max(MOST_NAMED_IN_A_PING),
  unanswered: z.array(z.object({ ...who, because: Unanswered, reason: plainText(1024).optional() })).max(MOST_NAMED_IN_A_PING),
  /** How many of each, also those that are not named. */
  unansweredBecause: z.record(Unanswered, z.int().min(0)),
});
export type AgentsPinged = z.infer<typeof AgentsPinged>;

export const pingAgents = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'agent', 'ping'),
  /** Without `serverIds` all of the project. */
  input: z.strictObject({ projectId: ProjectId, serverIds: z.array(ServerId).max(MOST_SERVERS_IN_A_PING).optional(), waitMs: PingWait }),
  reply: AgentsPinged,
  access: { by: 'member', role: 'operator' },
});
