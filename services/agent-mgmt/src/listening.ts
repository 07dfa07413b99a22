import type { Clock } from '@citrus/kit-domain';
import type { NatsConnection } from '@nats-io/nats-core';

const NEVER = new Date(8.64e15);

/** Since when this process hears what agents say without a break. While it hears nothing, their silence means nothing. */
export const followListening = (nats: NatsConnection, clock: Clock): (() => Date) => {
  let since = clock();
  const follow = async () => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') since = NEVER;
      if (type === 'reconnect') since = clock();
    }
  };
  void follow();
  return () => since;
};
