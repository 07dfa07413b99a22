/** Failures as problem+json (RFC 9457): what happened, what to do, which fields, and the id to quote to support. */
import type { Problem } from '@citrus/contracts';
import { HTTP_STATUS, problemOf } from '@citrus/kit-domain';
import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { TooManyRequests } from './rate-limit.ts';

type Failure = { readonly status: number; readonly problem: Problem };

const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
};

/** What Nest and Fastify refuse by themselves: no such route, a body too large, not JSON. */
const MESSAGES: Partial<Record<number, string>> = {
  404: 'There is nothing at this address.',
  413: 'The body is larger than 512 KiB.',
  415: 'Send the body as application/json.',
};

export const failureOf = (error: unknown): Failure => {
  if (error instanceof TooManyRequests) return { status: 429, problem: { kind: 'unavailable', code: 'rate.limited', message: error.message, retryAfterMs: error.retryAfterMs } };
  const status = statusOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    const message = MESSAGES[status] ?? (error instanceof Error ? error.message : 'The request is not valid.');
    return { status, problem: { kind: 'violation', code: status === 404 ? 'route.unknown' : 'request.invalid', message } };
  }
  const problem = problemOf(error);
  // A refusal that names fields is about what was sent, not about the state it met.
  return { status: problem.kind === 'refusal' && problem.fields?.length ? 422 : HTTP_STATUS[problem.kind], problem };
};

export const problemJson = ({ status, problem }: Failure, correlationId: string) => ({
  type: `urn:citrus:problem:${problem.code}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  code: problem.code,
  detail: problem.message,
  ...(problem.fields && { fields: problem.fields }),
  correlationId,
});
