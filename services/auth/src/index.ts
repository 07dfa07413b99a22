/** The package's door, for `npm start`, the deploy step and tests. Services never import each other. */
export { bootstrapTrust, type Trust } from './nats-credentials/bootstrap.ts';
export { natsServerConfig, type NatsServerSettings } from './nats-credentials/nats-server-config.ts';
/** For measuring. */
export { pushClaims } from './nats-credentials/claims-pusher.ts';
export { mintAgent } from './nats-credentials/jwt.ts';
export { createKey } from '@citrus/kit-crypto';
export { revocationsOf } from './nats-credentials/revocations.ts';
export { readAuthKeys } from './nats-credentials/trust-directory.ts';
