import type { NatsConnection } from '@nats-io/nats-core';

/** Subscriptions survive a lost connection, but what was said meanwhile was not heard: whoever listens must look again. */
export const onReconnect = async (nats: NatsConnection, look: () => void): Promise<void> => {
  for await (const { type } of nats.status()) if (type === 'reconnect') look();
};
