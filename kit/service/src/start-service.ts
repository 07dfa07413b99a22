/**
 * From nothing to a running service, in the order in which a supervisor wants to see it: the health port first, then
 * NATS (for as long as it takes), then the application, and requests only while everything it needs is there.
 */
import { readHealthOf, inboxPrefixOf, type ServiceHealth, type ServiceName } from '@citrus/contracts';
import { connectNats, connectOnce, createJwtAuthenticator, createRequests, handOver, RequestServer, type Logger, type Movable } from '@citrus/kit-messaging';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ServiceConfig } from './config.ts';
import { parseConfig } from './parse-config.ts';
import { CoreModule, type Core } from './core.module.ts';
import { listen, type HttpServer } from './http-server.ts';
import { createLogger, nestLoggerOf } from './logger.ts';
import { createRegistry, requestObserver } from './observability.ts';
import { Readiness } from './readiness.ts';
import type { z } from 'zod';

/** What the hub does differently: its application answers people on the process's HTTP port. */
export type HttpApplication<Config> = (options: { root: DynamicModule; http: HttpServer; config: Config; logger: Logger }) => Promise<{ close(): Promise<void> }>;

export type ServiceDefinition<Config extends ServiceConfig> = {
  readonly service: ServiceName;
  readonly module: Type | DynamicModule;
  readonly config: z.ZodType<Config>;
  readonly httpApplication?: HttpApplication<Config>;
};

export type RunningService = { readonly port: number; /** The same, but for the hub. */ readonly managementPort: number; readonly nats: NatsConnection; stop(): Promise<void> };

@Module({})
class RootModule {}

const answerHealth = (nats: NatsConnection, service: ServiceName, readiness: Readiness): Movable => {
  const answerOn = (connection: NatsConnection) => connection.subscribe(readHealthOf(service).subject, {
    queue: service,
    callback: (error, message) => {
      if (error) return;
      const { isReady, detail } = readiness.verdict;
      const health: ServiceHealth = { service, status: isReady ? 'ready' : 'starting', ...(detail && { detail }) };
      message.respond(JSON.stringify(health));
    },
  });
  let answering = answerOn(nats);
  return {
    moveTo: async (connection) => {
      const before = answering;
      answering = answerOn(connection);
      await connection.flush();
      await before.drain();
    },
  };
};

/** `isMoving`: to new credentials; another connection works meanwhile. */
type Progress = { isConnected: boolean; isUp: boolean; isMoving: boolean };

const moved = async (progress: Progress, work: () => Promise<void>): Promise<void> => {
  progress.isMoving = true;
  try {
    await work();
  } finally {
    progress.isMoving = false;
  }
};

/** The client itself reconnects for ever; here is only noted how it stands. */
const followConnection = async (nats: NatsConnection, progress: Progress): Promise<void> => {
  progress.isConnected = true;
  for await (const { type } of nats.status()) {
    if (type === 'disconnect' || type === 'close') progress.isConnected = false;
    if (type === 'reconnect') progress.isConnected = true;
  }
};

const startApplication = async <Config extends ServiceConfig>(definition: ServiceDefinition<Config>, core: Core & { config: Config }, { http, logger }: { http: HttpServer; logger: ReturnType<typeof createLogger> }) => {
  const root: DynamicModule = { module: RootModule, imports: [CoreModule.with(core), definition.module] };
  if (definition.httpApplication) {
    const application = await definition.httpApplication({ root, http, config: core.config, logger });
    return { setReady: () => undefined, movables: [], close: () => application.close() };
  }
  const strategy = new RequestServer({ nats: core.nats, queue: definition.service, authenticate: createJwtAuthenticator(core.requests), logger, observe: requestObserver(core.registry), readyAtStart: false, position: () => core.shown.position() });
  const application = await NestFactory.createMicroservice<MicroserviceOptions>(root, { strategy, logger: nestLoggerOf(logger), abortOnError: false });
  await application.listen();
  return { setReady: (isReady: boolean) => strategy.setReady(isReady), movables: [strategy], close: () => application.close() };
};

/** The part that works before anything else does: configuration, log, metrics, and the health port. */
const prepare = async <Config extends ServiceConfig>({ service, config: schema, httpApplication }: ServiceDefinition<Config>, env: NodeJS.ProcessEnv) => {
  const config = parseConfig(schema, env);
  const logger = createLogger({ service, level: config.CITRUS_LOG_LEVEL });
  const registry = createRegistry(service);
  const progress: Progress = { isConnected: false, isUp: false, isMoving: false };
  const hooks = { setReady: (_isReady: boolean): void => undefined };
  const readiness = new Readiness({ logger, onChange: ({ isReady }) => hooks.setReady(isReady) });
  readiness.add('nats', async () => (progress.isConnected || progress.isMoving ? undefined : `NATS at ${config.CITRUS_NATS_URL} does not answer; start it or correct CITRUS_NATS_URL`));
  readiness.add('application', async () => (progress.isUp ? undefined : 'starting'));
  const management = httpApplication && { host: config.CITRUS_MANAGEMENT_HOST, port: config.CITRUS_MANAGEMENT_PORT };
  const http = await listen({ registry, verdict: () => readiness.verdict, host: config.CITRUS_HTTP_HOST, port: config.CITRUS_HTTP_PORT, ...(management && { management }) });
  logger.info({ event: 'service.starting', port: http.port, management_port: http.managementPort }, 'starting');
  readiness.watch();
  return { config, logger, registry, progress, hooks, readiness, http };
};

/** @throws StartRefused for what a person must correct; everything else that is missing is waited for. */
export const startService = async <Config extends ServiceConfig>(definition: ServiceDefinition<Config>, { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal }): Promise<RunningService> => {
  const { service } = definition;
  const { config, logger, registry, progress, hooks, readiness, http } = await prepare(definition, env);
  signal?.addEventListener('abort', () => readiness.stop(), { once: true });
  let connected: NatsConnection | undefined;
  try {
    const { CITRUS_NATS_URL: url, CITRUS_NATS_CREDS_FILE: credsFile } = config;
    const address = { url, ...(credsFile && { credsFile }), name: service, inboxPrefix: inboxPrefixOf(service), logger };
    const movables: Movable[] = [];
    const onNewCredentials = (first: NatsConnection) => moved(progress, () => handOver(first, () => connectOnce(address), movables));
    const nats = await connectNats({ ...address, onNewCredentials, ...(signal && { signal }) });
    connected = nats;
    void followConnection(nats, progress);
    const requests = createRequests(nats);
    movables.push(requests, answerHealth(nats, service, readiness));
    const core: Core & { config: Config } = { config, logger, clock: () => new Date(), nats, requests, registry, readiness, shown: { position: () => undefined } };
    const application = await startApplication(definition, core, { http, logger });
    movables.push(...application.movables);
    hooks.setReady = application.setReady;
    progress.isUp = true;
    await readiness.check();
    return { port: http.port, managementPort: http.managementPort, nats, stop: () => stopInOrder({ readiness, application, nats, http }) };
  } catch (error) {
    readiness.stop();
    await Promise.all([http.close(), connected?.close()]);
    throw error;
  }
};

type Parts = { readiness: Readiness; application: { close(): Promise<void> }; nats: NatsConnection; http: HttpServer };

/** Take no more, finish what is in flight, let go of the databases (in the application's `close`), then of the broker. */
const stopInOrder = async ({ readiness, application, nats, http }: Parts): Promise<void> => {
  readiness.stop();
  await Promise.all([http.close(), application.close()]);
  if (!nats.isClosed()) await nats.drain();
};
