import type { Clock } from '@citrus/kit-domain';
import type { NatsConnection } from '@nats-io/nats-core';

const NEVER = new Date(8.64e15);
/** Often enough that what is merely late is not taken for a standstill. */
const LOOKS_IN_A_STANDSTILL = 4;

export type Listening = { /** Looks, too: so ask often. */ since(): Date; cutOff(): void; reconnected(): void };

/**
 * Since when this process hears what agents say without a break. While it hears nothing, their silence means nothing; nor
 * does it when the process itself stood still: what they said meanwhile waits and is taken in only now.
 * @param standstillMs how long nobody may have looked before it counts as one
 */
export const createListening = (clock: Clock, standstillMs: number): Listening => {
  let since = clock();
  let lookedAt = since;
  return {
    since: () => {
      const now = clock();
      if (since !== NEVER && now.getTime() - lookedAt.getTime() > standstillMs) since = now;
      lookedAt = now;
      return since;
    },
    cutOff: () => void (since = NEVER),
    reconnected: () => void (since = clock()),
  };
};

/** The same of a connection. A part of a lease is a standstill already: the last beat before it may be old itself. */
export const followListening = (nats: NatsConnection, clock: Clock, leaseMs: number): (() => Date) => {
  const standstillMs = leaseMs / 2;
  const listening = createListening(clock, standstillMs);
  const looking = setInterval(() => listening.since(), standstillMs / LOOKS_IN_A_STANDSTILL);
  const follow = async () => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') listening.cutOff();
      if (type === 'reconnect') listening.reconnected();
    }
    clearInterval(looking);
  };
  looking.unref();
  void follow();
  return () => listening.since();
};
