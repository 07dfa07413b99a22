/**
 * Sends what is due, many at a time. It remembers nothing that matters: what is under way is leased in the database, so
 * whoever dies here is followed by another. Between turns it waits for news, at most a second.
 */
import type { Logger } from '@citrus/kit-messaging';
import type { Claim, Claimed } from './claim.ts';

const AT_ONCE = 32;
const AT_ONCE_FAILING = 16;
const PER_WEBHOOK = 4;
/** Longer than the longest try: resolving, connecting, waiting for the answer and reading it. */
const LEASE_MS = 60_000;
const TURN_EVERY_MS = 1000;
/** What is under way at the end may finish; what does not is sent again when its lease is over. */
const GRACE_MS = 8000;

type Parts = { readonly claim: (claim: Claim) => Promise<Claimed[]>; readonly deliver: (claimed: Claimed) => Promise<void>; readonly logger: Logger; readonly leaseMs?: number };
export type Sender = { readonly wake: () => void; stop(): Promise<void> };

export const startSender = ({ claim, deliver, logger, leaseMs = LEASE_MS }: Parts): Sender => {
  const underWay = new Map<Promise<void>, Claimed>();
  const stopping = new AbortController();
  let isWoken = false;
  let rouse = (): void => undefined;
  const wake = (): void => {
    isWoken = true;
    rouse();
  };

  const begin = (claimed: Claimed): void => {
    const work = deliver(claimed)
      .catch((error: unknown) => logger.error({ event: 'webhook.stuck', webhook_id: claimed.webhookId, delivery_id: claimed.deliveryId, err: error }, 'a delivery could not be tried; it is tried again when its lease is over'))
      .finally(() => {
        underWay.delete(work);
        wake();
      });
    underWay.set(work, claimed);
  };

  const turn = async (): Promise<void> => {
    const room = AT_ONCE - underWay.size;
    const failing = [...underWay.values()].filter(({ isFailing }) => isFailing).length;
    if (room > 0) for (const claimed of await claim({ room, failingRoom: Math.max(0, AT_ONCE_FAILING - failing), perWebhook: PER_WEBHOOK, leaseMs })) begin(claimed);
  };

  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, TURN_EVERY_MS);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isWoken) rouse();
    });

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isWoken = false;
      try {
        await turn();
      } catch (error) {
        logger.error({ event: 'webhook.sender_failed', err: error }, 'what is due could not be claimed; it is tried again');
        isWoken = false;
      }
      if (!stopping.signal.aborted) await rest();
    }
  };
  const running = run();
  return {
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([Promise.all(underWay.keys()), new Promise<void>((resolve) => (timer = setTimeout(resolve, GRACE_MS)))]);
      clearTimeout(timer);
    },
  };
};
