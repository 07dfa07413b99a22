export { cacheDir } from './cache.ts';
export { startNats, type EmbeddedNats } from './nats.ts';
export { ensureNatsServer, natsVersions, NatsServerMissing, OLDEST_NATS, type NatsVersion } from './nats-binary.ts';
export { adminUrl, answersAsPostgres, initPostgres, postgresCommand, startPostgres, type EmbeddedPostgres, type PostgresPlace } from './postgres.ts';
export { freePort, isListening, run, waitUntil, type Command, type Running } from './process.ts';
export { scratchDir } from './scratch.ts';
