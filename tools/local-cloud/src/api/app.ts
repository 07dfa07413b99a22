import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger } from 'pino';
import { type Cloud } from '../cloud/cloud.ts';
import { type Lives } from '../cloud/lives.ts';
import { actionRoutes } from './actions.routes.ts';
import { catalogRoutes } from './catalog.routes.ts';
import { dropletRoutes } from './droplets.routes.ts';
import { type LocalInfo, localRoutes } from './local.routes.ts';
import { ApiProblem, badRequest, forbidden, notFound, serverFailure, tooManyRequests, unauthorized } from './problem.ts';
import { RateLimit, type RateLimits } from './rate-limit.ts';
import { snapshotRoutes } from './snapshots.routes.ts';
import { tagRoutes } from './tags.routes.ts';

export type ApiParts = {
  cloud: Cloud;
  lives: Lives;
  logger: Logger;
  token: string;
  limits: RateLimits & { droplets: number };
  info: LocalInfo;
};

/** The HTTP face: token, rate limit, faults, then the routes; every error in the service's own form. */
export const createApi = ({ cloud, lives, logger, token, limits, info }: ApiParts): FastifyInstance => {
  const app = fastify({ bodyLimit: 1024 * 1024, forceCloseConnections: true, genReqId: () => randomUUID() });
  const rateLimit = new RateLimit(limits);
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => parseJson(String(body), done));

  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    const isLocal = request.url.startsWith('/local/');
    // what the machines would have got holds user data, which nobody without the token may read
    if ((!isLocal || request.routeOptions.url === '/local/machines') && !isAuthorized(request, token)) throw unauthorized();
    if (isLocal) return;
    const { allowed, headers } = rateLimit.take(Date.now());
    void reply.headers(headers);
    if (!allowed) throw tooManyRequests();
    strike(cloud, request);
  });
  app.setErrorHandler((error, request, reply) => answer(asProblem(error, logger), request, reply));
  app.setNotFoundHandler((request, reply) => answer(notFound(), request, reply));

  dropletRoutes(app, cloud, lives, limits.droplets);
  actionRoutes(app, cloud, lives);
  snapshotRoutes(app, cloud);
  tagRoutes(app, cloud);
  catalogRoutes(app, cloud, limits.droplets);
  localRoutes(app, cloud, info);
  return app;
};

/** A DELETE may announce JSON and send nothing. */
const parseJson = (text: string, done: (error: Error | null, body?: unknown) => void): void => {
  try {
    done(null, text === '' ? undefined : JSON.parse(text));
  } catch {
    done(badRequest('The request body could not be parsed.'));
  }
};

const strike = ({ weather }: Cloud, { method, url }: FastifyRequest): void => {
  const occasion = { method, path: url };
  if (weather.strikes('forbidden', occasion)) throw forbidden();
  if (weather.strikes('tooManyRequests', occasion)) throw tooManyRequests({ 'ratelimit-remaining': '0', 'retry-after': '1' });
  const failure = weather.strikes('serverError', occasion);
  if (failure) throw serverFailure(failure.status);
};

const isAuthorized = (request: FastifyRequest, token: string): boolean => {
  const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return scheme?.toLowerCase() === 'bearer' && timingSafeEqual(digest(given), digest(token));
};

const asProblem = (error: unknown, logger: Logger): ApiProblem => {
  if (error instanceof ApiProblem) return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status !== undefined && status < 500) return badRequest('The request could not be read.');
  logger.error({ err: error }, 'a request failed');
  return serverFailure(500);
};

const answer = (problem: ApiProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.code(problem.status).headers(problem.headers).send({ id: problem.id, message: problem.message, request_id: request.id });
