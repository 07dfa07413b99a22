/** What all services share: start and stop, configuration, logs, metrics, readiness, and the wiring of a log. */
export { runService } from './run-service.ts';
export { startService, type HttpApplication, type RunningService, type ServiceDefinition } from './start-service.ts';
export { DatabaseConfig, LoggedServiceConfig, parseConfig, ServiceConfig, StartRefused } from './config.ts';
export { createLogger, nestLoggerOf } from './logger.ts';
export { Readiness, readinessOf, type Check, type Verdict } from './readiness.ts';
export type { HttpServer } from './http-server.ts';
export { DatabaseModule } from './database.module.ts';
export { defineReadModel, type ReadModel } from './history/read-model.ts';
export { observeFeed, type MetricsRegistry } from './log-readers.ts';
export { observeKeys } from './operations/keys.ts';
export { operationsControllerOf } from './operations/operations.controller.ts';
export { reportOf } from './operations/report.ts';
export { loggedServiceModule, type LoggedServiceOptions } from './logged-service.module.ts';
export { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, NATS, POOL, PROJECTIONS, READINESS, REGISTRY, RELAY, REQUESTS, WAKE_UP } from './tokens.ts';
export { MOST_BYTES_KEPT, type Limits, type Message, type Outcome } from './outbound/exchange.ts';
export { createOutbound, outboundConfig, type Outbound, type OutboundPolicy } from './outbound/outbound.ts';
export { parseSubnet, type Subnet } from './outbound/addresses.ts';
export type { Resolve } from './outbound/resolve.ts';
