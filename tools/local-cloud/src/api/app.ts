import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger } from 'pino';
import { type Cloud } from '../cloud/cloud.ts';
import { type Lives } from '../cloud/lives.ts';
import { type Recorder } from '../conformance/recorder.ts';
import { hetznerRoutes } from '../hetzner/hetzner.routes.ts';
import { actionRoutes } from './actions.routes.ts';
import { catalogRoutes } from './catalog.routes.ts';
import { dropletRoutes, loseRequest } from './droplets.routes.ts';
import { type LocalInfo, localRoutes } from './local.routes.ts';
import { ApiProblem, badRequest, forbidden, notFound, serverFailure, tooManyRequests, unauthorized } from './problem.ts';
import { RateLimitByToken, type RateLimits } from './rate-limit.ts';
import { snapshotRoutes } from './snapshots.routes.ts';
import { scopesOf, scopesOfCreate } from './scopes.ts';
import { tagRoutes } from './tags.routes.ts';
import { type Grant, type Tokens } from './tokens.ts';

export type ApiParts = {
  cloud: Cloud;
  lives: Lives;
  logger: Logger;
  tokens: Tokens;
  limits: RateLimits & { droplets: number };
  info: LocalInfo;
  recorder?: Recorder;
};

/** The HTTP face: token, rate limit, faults, then the routes; every error in the service's own form. */
export const createApi = ({ cloud, lives, logger, tokens, limits, info, recorder }: ApiParts): FastifyInstance => {
  const app = fastify({ bodyLimit: 1024 * 1024, forceCloseConnections: true, genReqId: () => randomUUID() });
  const grants = new WeakMap<FastifyRequest, Grant>();
  const rateLimits = new RateLimitByToken(limits);
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => parseJson(String(body), done));

  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    if (request.routeOptions.url?.startsWith('/local/') && !isSecret(request)) return;
    const grant = tokens.grantOf(request.headers.authorization);
    const { allowed, headers } = rateLimits.take(grant?.key, Date.now());
    void reply.headers(headers);
    if (!grant) throw unauthorized();
    if (!allowed) throw tooManyRequests();
    refuseWithout(grant, scopesOf(request.method, request.routeOptions.url));
    grants.set(request, grant);
    await strike(cloud, request);
  });
  app.addHook('preHandler', async (request, reply) => {
    const grant = grants.get(request);
    if (grant && request.method === 'POST' && request.routeOptions.url === '/v2/droplets') refuseWithout(grant, scopesOfCreate(request.body));
    if (!request.url.startsWith('/local/') && (await loseRequest(cloud, request, reply))) return reply;
  });
  app.setErrorHandler((error, request, reply) => answer(asProblem(error, logger), request, reply));
  app.setNotFoundHandler((request, reply) => answer(notFound(), request, reply));

  recorder?.watch(app);
  dropletRoutes(app, cloud, lives, limits.droplets);
  actionRoutes(app, cloud, lives);
  snapshotRoutes(app, cloud);
  tagRoutes(app, cloud);
  catalogRoutes(app, cloud, limits.droplets);
  localRoutes(app, cloud, info);
  hetznerRoutes(app, { cloud, lives, logger, serverLimit: limits.droplets });
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

const strike = async ({ weather }: Cloud, { method, url }: FastifyRequest): Promise<void> => {
  const occasion = { method, path: url };
  const slow = weather.strikes('slowAnswer', occasion);
  if (slow) await wait(slow.ms, undefined, { ref: false });
  if (weather.strikes('unauthorized', occasion)) throw unauthorized();
  if (weather.strikes('forbidden', occasion)) throw forbidden();
  if (weather.strikes('tooManyRequests', occasion)) throw tooManyRequests({ 'ratelimit-remaining': '0', 'retry-after': '1' });
  const failure = weather.strikes('serverError', occasion);
  if (failure) throw Object.assign(serverFailure(failure.status), { isHtml: failure.isHtml });
};

const refuseWithout = ({ scopes }: Grant, needed: readonly string[]): void => {
  if (scopes !== 'all' && !needed.every((scope) => scopes.has(scope))) throw forbidden();
};

/** What the machines would have got holds user data, which nobody without a token may read. */
const isSecret = (request: FastifyRequest): boolean => request.routeOptions.url === '/local/machines';

const asProblem = (error: unknown, logger: Logger): ApiProblem => {
  if (error instanceof ApiProblem) return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status !== undefined && status < 500) return badRequest('The request could not be read.');
  logger.error({ err: error }, 'a request failed');
  return serverFailure(500);
};

const answer = (problem: ApiProblem, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  void reply.code(problem.status).headers(problem.headers);
  if (problem.isHtml) return reply.type('text/html').send(`<html><head><title>${problem.status}</title></head><body>${problem.message}</body></html>`);
  return reply.send({ id: problem.id, message: problem.message, request_id: request.id });
};
