/**
 * To sign in anew a connection has to go away for a moment, and with it the answers under way and the right to give them.
 * So whoever asks and answers moves to a second connection first, which proves the new credentials too; then the first one
 * is made again, and all move back. No request is without somebody who answers, none loses its answer.
 */
import type { NatsConnection } from '@nats-io/nats-core';

/** Asks or answers over whatever connection it was given last. */
export type Movable = {
  /** New work goes over this connection; resolves when nothing is under way on the one before. */
  moveTo(nats: NatsConnection): Promise<void>;
};

const RECONNECT_WITHIN_MS = 30_000;

/** Makes the same connection anew. @throws when it is not back in time; it goes on trying by itself */
export const reconnect = async (nats: NatsConnection): Promise<void> => {
  await nats.flush();
  const isBack = (async () => {
    for await (const { type } of nats.status()) if (type === 'reconnect') return true;
    return false;
  })();
  await nats.reconnect();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), RECONNECT_WITHIN_MS)));
  const isInTime = await Promise.race([isBack, late]);
  clearTimeout(timer);
  if (!isInTime) throw new Error(`the connection to NATS was not back within ${RECONNECT_WITHIN_MS} ms`);
  // What was subscribed to is there again.
  await nats.flush();
};

/** @param second connects with the new credentials @throws when they are not let in; nothing has changed then */
export const handOver = async (nats: NatsConnection, second: () => Promise<NatsConnection>, movables: readonly Movable[]): Promise<void> => {
  const bridge = await second();
  try {
    await Promise.all(movables.map((movable) => movable.moveTo(bridge)));
    await reconnect(nats);
  } finally {
    await Promise.all(movables.map((movable) => movable.moveTo(nats)));
    await bridge.drain();
  }
};
