/** Hetzner Cloud's errors: told by code, with a message for people. */
import { ApiProblem } from '../api/problem.ts';

export class HetznerProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string> = {};
  readonly details: object | undefined;

  constructor(status: number, code: string, message: string, details?: object) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export const invalid = (field: string, message: string) => new HetznerProblem(422, 'invalid_input', `invalid input in field '${field}'`, { fields: [{ name: field, messages: [message] }] });
export const notFound = (what: string, id: string) => new HetznerProblem(404, 'not_found', `${what} with ID '${id}' not found`);
export const locked = () => new HetznerProblem(423, 'locked', 'server is locked');
export const nameTaken = () => new HetznerProblem(409, 'uniqueness_error', 'server name is already used', { fields: [{ name: 'name' }] });

const CODES: Readonly<Record<number, string>> = { 400: 'json_error', 401: 'unauthorized', 403: 'forbidden', 404: 'not_found', 429: 'rate_limit_exceeded', 500: 'server_error', 502: 'bad_gateway', 503: 'unavailable', 504: 'timeout' };

/** What the parts that both faces share have refused. */
const translated = (problem: ApiProblem): HetznerProblem => {
  if (problem.status !== 422) return Object.assign(new HetznerProblem(problem.status, CODES[problem.status] ?? 'unknown_error', problem.message), { headers: problem.headers });
  if (/pending event/.test(problem.message)) return locked();
  if (/power off before/.test(problem.message)) return new HetznerProblem(422, 'server_not_stopped', 'server must be stopped before changing its type');
  if (/size/i.test(problem.message)) return new HetznerProblem(422, 'invalid_server_type', problem.message);
  if (/image/i.test(problem.message)) return invalid('image', problem.message);
  return new HetznerProblem(422, 'invalid_input', problem.message);
};

export const asHetznerProblem = (error: unknown): HetznerProblem | undefined =>
  error instanceof HetznerProblem ? error : error instanceof ApiProblem ? translated(error) : undefined;
