/** The hub's web application: Nest on Fastify, on the HTTP port that the process already listens on. */
import { nestLoggerOf, REGISTRY, REQUESTS, type HttpApplication } from '@citrus/kit-service';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { HubConfig } from '../config.ts';
import { expositionOf } from '../health/exposition.ts';
import type { VisitedRequest } from './gate.ts';
import { isDeeperThan, MOST_DEPTH } from './json-depth.ts';

/** An answer of 64 KiB may take six times as much in JSON, and all of it must fit into one message to a service. */
const BODY_LIMIT_BYTES = 512 * 1024;
const CORRELATION_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** Trusted Types with no policy at all: no text becomes script or markup in the panel, whatever its code says. */
const CONTENT_POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const secureHeaders = (publicUrl: string): Record<string, string> => ({
  'content-security-policy': CONTENT_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
});

/** Set when a request comes in, so that live streams, which write their head themselves, carry them too. */
const addHeaders = (instance: FastifyInstance, publicUrl: string) => {
  const headers = secureHeaders(publicUrl);
  instance.addHook('onRequest', async (request, reply) => {
    void reply.headers(headers).header('x-correlation-id', request.id);
    // Whatever is not made for it is kept nowhere on the way, nor behind the browser's back button.
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
  });
};

/** An empty body is no body: clients send the content type with every POST. One that is too deep is not even parsed. */
const readEmptyBodies = (instance: FastifyInstance) => {
  const parse = instance.getDefaultJsonParser('error', 'error');
  const tooDeep = () => Object.assign(new Error(`The body has more than ${MOST_DEPTH} levels of arrays and objects in each other.`), { statusCode: 400 });
  instance.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else if (isDeeperThan(body.toString(), MOST_DEPTH)) done(tooDeep());
    else void parse(request, body.toString(), done);
  });
};

const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'unknown';

const observe = (instance: FastifyInstance, registry: Registry, logger: Logger) => {
  const total = new Counter({ name: 'citrus_http_requests_total', help: 'Requests answered over HTTP', labelNames: ['method', 'route', 'status'], registers: [registry] });
  const seconds = new Histogram({ name: 'citrus_http_request_seconds', help: 'Time to answer a request over HTTP', labelNames: ['method', 'route'], registers: [registry] });
  instance.addHook('onResponse', async (request: VisitedRequest, reply) => {
    const [method, route] = [request.method, routeOf(request)];
    total.inc({ method, route, status: reply.statusCode });
    seconds.observe({ method, route }, reply.elapsedTime / 1000);
    logger.info({ event: 'http.request', method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime), user_id: request.visit?.userId, correlation_id: request.id }, 'answered');
  });
};

export const hubApplication: HttpApplication<HubConfig> = async ({ root, http, config, logger }) => {
  let answer: RequestListener | undefined;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: config.CITRUS_TRUSTED_PROXIES.length > 0 ? config.CITRUS_TRUSTED_PROXIES : false,
    routerOptions: { maxParamLength: 200 },
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-correlation-id'];
      return typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
    },
    serverFactory: (listener: RequestListener) => {
      answer = listener;
      return http.server;
    },
  });
  const application = await NestFactory.create<NestFastifyApplication>(root, adapter, { logger: nestLoggerOf(logger), bodyParser: false, abortOnError: false });
  const instance = adapter.getInstance<FastifyInstance>();
  addHeaders(instance, config.CITRUS_PUBLIC_URL);
  readEmptyBodies(instance);
  observe(instance, application.get<Registry>(REGISTRY), logger);
  await application.init();
  await instance.ready();
  // Not a moment earlier: Fastify throws at a request that comes before it is ready, and that would end the process.
  http.gather(expositionOf(application.get<Requests>(REQUESTS)));
  if (answer) http.handOver(answer);
  return application;
};
