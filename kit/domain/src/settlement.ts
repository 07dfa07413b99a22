/** The one table: what becomes of a thrown error, as an answer to a caller and as the fate of a message. */
import type { Problem } from '@citrus/contracts';
import { ContractViolation, Forbidden, NotFound, Refusal, Unauthenticated, Unavailable } from './errors.ts';

/** What the caller is told. Our own bugs say nothing about themselves. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof Refusal) return { kind: 'refusal', code: error.code, message: error.message, ...(error.fields && { fields: [...error.fields] }) };
  if (error instanceof NotFound) return { kind: 'not-found', code: error.code, message: error.message };
  if (error instanceof ContractViolation) return { kind: 'violation', code: 'request.invalid', message: error.message, ...(error.fields && { fields: [...error.fields] }) };
  if (error instanceof Unavailable) return { kind: 'unavailable', code: 'service.unavailable', message: error.message, retryAfterMs: error.retryAfterMs };
  if (error instanceof Unauthenticated) return { kind: 'unauthenticated', code: error.code, message: error.message };
  if (error instanceof Forbidden) return { kind: 'forbidden', code: error.code, message: error.message };
  return { kind: 'bug', code: 'internal.error', message: 'Something went wrong on our side. Try again; if it stays, give the correlation id to support.' };
};

/** The other way round: the error that a caller in another process sees. */
export const errorOf = (problem: Problem): Error => {
  switch (problem.kind) {
    case 'refusal': return new Refusal(problem.code, problem.message, problem.fields);
    case 'not-found': return new NotFound(problem.code, problem.message);
    case 'violation': return new ContractViolation(problem.message, problem.fields);
    case 'unavailable': return new Unavailable(problem.message, { retryAfterMs: problem.retryAfterMs ?? 1000 });
    case 'unauthenticated': return new Unauthenticated(problem.message, problem.code);
    case 'forbidden': return new Forbidden(problem.message, problem.code);
    case 'bug': return new Error(problem.message);
  }
};

export const HTTP_STATUS: Record<Problem['kind'], number> = {
  refusal: 409, 'not-found': 404, violation: 400, unavailable: 503, unauthenticated: 401, forbidden: 403, bug: 500,
};

const TRIES_BEFORE_PARKING = 8;

export type Settlement = { readonly type: 'retry'; readonly afterMs: number } | { readonly type: 'park'; readonly reason: string };

/** What becomes of a message whose handler threw. `tries` counts from 1; the delay doubles up to a minute. */
export const settlementFor = (error: unknown, tries: number): Settlement => {
  if (error instanceof ContractViolation || error instanceof Refusal) return { type: 'park', reason: error.message };
  const afterMs = Math.min(60_000, 250 * 2 ** Math.min(tries, 10));
  if (error instanceof Unavailable) return { type: 'retry', afterMs: Math.max(afterMs, error.retryAfterMs) };
  return tries < TRIES_BEFORE_PARKING ? { type: 'retry', afterMs } : { type: 'park', reason: error instanceof Error ? error.message : String(error) };
};
