/**
 * The local cloud's second face, under /hetzner/v1: the part of Hetzner Cloud's API that Citrus uses, over the same
 * machines, lags, faults, token and rate limit. What differs is what the two services differ in: names are unique, an
 * address is there at once, a busy server is locked, errors have codes.
 */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Cloud } from '../cloud/cloud.ts';
import type { Lives } from '../cloud/lives.ts';
import { actionRoutes } from './actions.routes.ts';
import { offerRoutes } from './offer.routes.ts';
import { asHetznerProblem, HetznerProblem } from './problem.ts';
import { serverRoutes } from './servers.routes.ts';

type Parts = { cloud: Cloud; lives: Lives; logger: Logger; serverLimit: number };

export const hetznerRoutes = (app: FastifyInstance, { cloud, lives, logger, serverLimit }: Parts): void => {
  const problemOf = (error: unknown): HetznerProblem => {
    const known = asHetznerProblem(error);
    if (known) return known;
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== undefined && status < 500) return new HetznerProblem(400, 'json_error', 'the request could not be read');
    logger.error({ err: error }, 'a request failed');
    return new HetznerProblem(500, 'server_error', 'an internal error occurred');
  };
  const mount = async (scope: FastifyInstance): Promise<void> => {
    scope.setErrorHandler((error, _request, reply) => {
      const { status, code, message, details, headers } = problemOf(error);
      return reply.code(status).headers(headers).send({ error: { code, message, ...(details && { details }) } });
    });
    scope.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: { code: 'not_found', message: 'the endpoint does not exist' } }));
    serverRoutes(scope, cloud, lives, serverLimit);
    actionRoutes(scope, cloud, lives);
    offerRoutes(scope, cloud);
  };
  void app.register(mount, { prefix: '/hetzner/v1' });
};
