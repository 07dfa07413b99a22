/** DigitalOcean's error answers: the ids and the texts seen on the real service. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly id: string;
  readonly headers: Record<string, string>;
  /** Of what stands before the service: a page, not the service's own form. */
  isHtml = false;

  constructor(status: number, id: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.id = id;
    this.headers = headers;
  }
}

export const badRequest = (message: string) => new ApiProblem(400, 'bad_request', message);
export const unauthorized = () => new ApiProblem(401, 'unauthorized', 'Unable to authenticate you.');
export const forbidden = () => new ApiProblem(403, 'forbidden', 'You are not authorized to perform this operation');
export const notFound = () => new ApiProblem(404, 'not_found', 'The resource you were accessing could not be found.');
export const unprocessable = (message: string) => new ApiProblem(422, 'unprocessable_entity', message);
export const pendingEvent = () => unprocessable('Droplet already has a pending event.');
export const tooManyRequests = (headers: Record<string, string> = {}) => new ApiProblem(429, 'too_many_requests', 'API Rate limit exceeded.', headers);

export const serverFailure = (status: number) =>
  status === 500
    ? new ApiProblem(500, 'internal_server_error', 'Server was unable to give you a response.')
    : new ApiProblem(status, 'service_unavailable', 'Service is currently unavailable.');
