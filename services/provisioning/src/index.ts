/** What `npm start` and the end-to-end tests need of this service; other services talk to it through NATS. */
export { ProvisioningConfig } from './config.ts';
export { migrations } from './migrations/index.ts';
