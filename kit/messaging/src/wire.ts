/** The names that a request carries in NATS headers, and how bodies are read. */
import type { Problem } from '@citrus/contracts';
import { ContractViolation, type FieldProblem } from '@citrus/kit-domain';
import type { Msg } from '@nats-io/nats-core';
import type { z } from 'zod';

export const HEADERS = {
  token: 'Citrus-Token',
  correlationId: 'Citrus-Correlation-Id',
  traceparent: 'traceparent',
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

export const fieldProblemsOf = (error: z.ZodError): FieldProblem[] => error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));

/** @throws ContractViolation that lists each wrong field. */
export const parseAs = <Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = fieldProblemsOf(parsed.error);
  throw new ContractViolation(`${what} is not valid: ${fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}`, fields, { cause: parsed.error });
};

const LONGEST_PROBLEM = 100_000;
const FIELDS_TOLD = 50;

/** As a body. Whoever sends ten thousand wrong fields does not get an answer beyond what the broker carries. */
export const problemText = (problem: Problem): string => {
  const text = JSON.stringify(problem);
  if (text.length <= LONGEST_PROBLEM) return text;
  const fields = problem.fields?.slice(0, FIELDS_TOLD).map(({ path, message }) => ({ path: path.slice(0, 200), message: message.slice(0, 500) }));
  return JSON.stringify({ ...problem, message: `${problem.message.slice(0, 2000)} …`, ...(fields && { fields }) });
};
