/**
 * Every revoked key, straight from the log and kept in memory: never from a read model, because one that is being built
 * would let the revoked in again.
 */
import { AgentRevoked } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import { revocationsOf, type Revocations, type RevokedKey } from '../nats-credentials/revocations.ts';

export type RevocationLog = {
  /** What stands now, after everything that is in the log. */
  read(): Promise<Revocations>;
  /** Reads on; whether a key was revoked since the last time anybody asked. */
  hasNews(): Promise<boolean>;
};

const PAGE = 500;

export const createRevocationLog = (store: Pick<EventStore, 'read'>, clock: Clock): RevocationLog => {
  const revoked: RevokedKey[] = [];
  let position = 0;
  let told = 0;
  let last: Promise<void> = Promise.resolve();

  const readOn = async (): Promise<void> => {
    for (let isMore = true; isMore; ) {
      const { events, head } = await store.read({ after: position, limit: PAGE, types: ['AgentRevoked'] });
      revoked.push(...events.map(({ data }) => AgentRevoked.parse(data)));
      isMore = events.length > 0 && (events.at(-1)?.position ?? head) < head;
      position = isMore ? (events.at(-1)?.position ?? head) : Math.max(position, head);
    }
  };
  /** One after the other: two never read the same page, and who comes while one reads hears what came meanwhile. */
  const upToNow = (): Promise<void> => {
    const mine = last.then(readOn);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    read: async () => {
      await upToNow();
      told = revoked.length;
      return revocationsOf(revoked, clock());
    },
    hasNews: async () => {
      await upToNow();
      return revoked.length > told;
    },
  };
};
