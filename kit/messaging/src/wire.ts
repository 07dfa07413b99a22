/** The names that a request carries in NATS headers, and how bodies are read. */
import type { Problem } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import type { Msg } from '@nats-io/nats-core';
import type { z } from 'zod';
import { fieldProblemsOf, wordsFor } from './field-problem.ts';

export const HEADERS = {
  token: 'Citrus-Token',
  correlationId: 'Citrus-Correlation-Id',
  traceparent: 'traceparent',
  /** Between services: the id of the event that made the caller ask. */
  causationId: 'Citrus-Causation-Id',
  /** Of an answer: what the answering replica's read models had applied of its log before and after it worked on the request. */
  asOf: 'Citrus-As-Of',
  upTo: 'Citrus-Up-To',
  /** `1` when the reply's body is a Problem. */
  problem: 'Citrus-Problem',
} as const;

export const headerOf = (message: Msg, name: string): string | undefined => message.headers?.get(name) || undefined;

/** @throws ContractViolation when the body is not JSON. */
export const bodyOf = (message: Msg): unknown => {
  try {
    return message.data.length === 0 ? {} : message.json();
  } catch (cause) {
    throw new ContractViolation('The body is not JSON.', undefined, { cause });
  }
};

const FIELDS_TOLD = 50;

/** @throws ContractViolation that lists each wrong field, as far as anybody would read. */
export const parseAs = <Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output => {
  const parsed = schema.safeParse(value, { error: wordsFor });
  if (parsed.success) return parsed.data;
  const fields = fieldProblemsOf(parsed.error).slice(0, FIELDS_TOLD);
  throw new ContractViolation(`${what} is not valid: ${fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}`, fields, { cause: parsed.error });
};

const LONGEST_PROBLEM = 100_000;

/** As a body. Whoever sends ten thousand wrong fields does not get an answer beyond what the broker carries. */
export const problemText = (problem: Problem): string => {
  const text = JSON.stringify(problem);
  if (text.length <= LONGEST_PROBLEM) return text;
  const fields = problem.fields?.slice(0, FIELDS_TOLD).map(({ path, message }) => ({ path: path.slice(0, 200), message: message.slice(0, 500) }));
  return JSON.stringify({ ...problem, message: `${problem.message.slice(0, 2000)} …`, ...(fields && { fields }) });
};
