import { strings } from '../strings.ts';

export type FieldProblem = { readonly path: string; readonly message: string };

/** Why a call failed, in the words of the hub (problem+json) or, if it could not be reached, in ours. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly correlationId: string | undefined;
  readonly fields: readonly FieldProblem[];

  constructor(problem: { status: number; code: string; message: string; correlationId?: string | undefined; fields?: readonly FieldProblem[] }) {
    super(problem.message);
    this.status = problem.status;
    this.code = problem.code;
    this.correlationId = problem.correlationId;
    this.fields = problem.fields ?? [];
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const fieldsOf = (value: unknown): FieldProblem[] =>
  Array.isArray(value) ? value.flatMap((item: { path?: unknown; message?: unknown } | null) => {
    const [path, message] = [textOf(item?.path), textOf(item?.message)];
    return message ? [{ path: path ?? '', message }] : [];
  }) : [];

/** Reads an answer's body, whatever a proxy on the way made of it. */
export const problemOf = (status: number, body: unknown): ApiProblem => {
  const record = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return new ApiProblem({
    status,
    code: textOf(record['code']) ?? `http.${status}`,
    message: textOf(record['detail']) ?? textOf(record['title']) ?? strings.problem.status(status),
    correlationId: textOf(record['correlationId']),
    fields: fieldsOf(record['errors'] ?? record['fields']),
  });
};

/** What an address names is not there, or cannot be: a mistyped id. */
export const isUnknown = (problem: ApiProblem | undefined): boolean => problem?.status === 404 || problem?.status === 400;

export const unreachable = (): ApiProblem => new ApiProblem({ status: 0, code: 'network.unreachable', message: strings.problem.unreachable });

/** Anything that was thrown, as a problem that can be shown. */
export const asProblem = (thrown: unknown): ApiProblem =>
  thrown instanceof ApiProblem ? thrown : new ApiProblem({ status: 0, code: 'panel.failed', message: thrown instanceof Error ? thrown.message : String(thrown) });
