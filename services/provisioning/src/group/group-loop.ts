/** Keeps all groups at their targets: takes what is due and makes one step for each. Every replica runs one; leases share the work out. */
import { Unavailable } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-event-store';
import type { GroupWork, GroupWorkStore } from './group-work.store.ts';
import { advanceGroup, type GroupProcess } from './group.process.ts';

export type GroupLoop = { wake(): void; stop(): Promise<void> };
type Options = { readonly work: GroupWorkStore; readonly process: GroupProcess; readonly logger: Logger; readonly everyMs?: number };

/** Longer than a step takes; when somebody dies in one, another goes on after it. */
const LEASE_MS = 60_000;
const AT_ONCE = 4;
const LONGEST_PAUSE_MS = 120_000;

export const startGroupLoop = ({ work, process, logger, everyMs = 1000 }: Options): GroupLoop => {
  const stopping = new AbortController();
  let isWoken = false;
  let endRest = (): void => undefined;

  const advance = async (group: GroupWork): Promise<void> => {
    try {
      const wakeAt = await advanceGroup(process, group.groupId);
      await work.settle(group, wakeAt === null ? null : new Date(wakeAt));
    } catch (error) {
      const failures = group.failures + 1;
      const told = { event: 'group.step_failed', group_id: group.groupId, failures, err: error };
      if (error instanceof Unavailable) logger.warn(told, 'a step for a server group has to wait');
      else logger.error(told, 'a step for a server group failed; it is tried again');
      await work.postpone(group, Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(failures, 7)));
    }
  };
  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isWoken || stopping.signal.aborted) endRest();
    });
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isWoken = false;
      try {
        await Promise.all((await work.claim(AT_ONCE, LEASE_MS)).map(advance));
      } catch (error) {
        logger.warn({ event: 'group.claim_failed', err: error }, 'the server groups that are due cannot be read or put back; it is tried again');
      }
      await rest();
    }
  };
  const running = run();
  return {
    wake: () => {
      isWoken = true;
      endRest();
    },
    stop: async () => {
      stopping.abort();
      endRest();
      await running;
    },
  };
};
