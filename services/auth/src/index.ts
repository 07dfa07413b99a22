/** The package's door, for `npm start`, the deploy step and tests. Services never import each other. */
export { bootstrapTrust, type Trust } from './nats-credentials/bootstrap.ts';
export { natsServerConfig, type NatsServerSettings } from './nats-credentials/nats-server-config.ts';
