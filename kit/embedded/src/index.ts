export { brokerEnvironment } from './broker-environment.ts';
export { cacheDir } from './cache.ts';
export { freePort } from './free-port.ts';
export { startNats, type EmbeddedNats } from './nats.ts';
export { ensureNatsServer, natsVersions, NatsServerMissing, OLDEST_NATS, type NatsVersion } from './nats-binary.ts';
export { adminUrl, answersAsPostgres, initPostgres, postgresCommand, startPostgres, type EmbeddedPostgres, type PostgresPlace } from './postgres.ts';
export { isListening, run, waitUntil, type Command, type Running } from './process.ts';
export { scratchDir } from './scratch.ts';
