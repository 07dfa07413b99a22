import { z } from 'zod';

/** The four fates of a failed call; `kit/domain` throws them, `settlement` maps them. */
export const ProblemKind = z.enum(['refusal', 'violation', 'unavailable', 'forbidden', 'unauthenticated', 'not-found', 'bug']);
export type ProblemKind = z.infer<typeof ProblemKind>;

/** What a failed call answers, on NATS and (as problem+json) on HTTP. */
export const Problem = z.object({
  kind: ProblemKind,
  /** `noun.reason`, stable, for programs. */
  code: z.string(),
  /** What happened and what to do, for people. */
  message: z.string(),
  /** Which fields of the input are wrong, if that is the matter. */
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  retryAfterMs: z.number().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** The same over HTTP (RFC 9457): what a program reads from an answer of 400 or more. */
export const HttpProblem = z.object({ status: z.int(), code: z.string(), title: z.string(), detail: z.string(), fields: Problem.shape.fields, correlationId: z.string().optional() });
export type HttpProblem = z.infer<typeof HttpProblem>;
