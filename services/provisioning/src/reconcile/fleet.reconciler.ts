/**
 * The last net: now and then all droplets of the fleet are compared with the log. One that carries a server's tag but is
 * not its droplet came later than anybody waited for it; it is noted as a stray, and the process manager removes it.
 * One whose server is not in our log is only reported: another installation may share the account.
 */
import { ServerId } from '@citrus/contracts';
import type { Logger } from '@citrus/kit-event-store';
import { FLEET_TAG, tagOfServer, type Instance } from '../provider/provider.port.ts';
import type { ServerProcess } from '../server/server.process.ts';

export type Reconciled = { readonly strays: number; readonly orphans: number };
type Parts = {
  readonly process: ServerProcess;
  /** Which of these droplets are some server's own. */
  readonly ownedAmong: (dropletRefs: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly logger: Logger;
};

const serverIdOf = ({ tags }: Instance): ServerId | undefined => {
  const prefix = tagOfServer('');
  const parsed = ServerId.safeParse(tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length));
  return parsed.success ? parsed.data : undefined;
};

const judge = async ({ process, logger }: Parts, instance: Instance): Promise<keyof Reconciled | undefined> => {
  const { settleMs, createTimeoutMs } = process.policy;
  // Young ones are the business of whoever asked for them.
  if (process.now() < Date.parse(instance.createdAt) + settleMs + createTimeoutMs) return undefined;
  const serverId = serverIdOf(instance);
  const { state: server, cause } = serverId ? await process.load(serverId) : {};
  if (!serverId || !server || server.status === 'none') {
    logger.warn({ event: 'droplet.orphan', droplet_ref: instance.ref, droplet_name: instance.name }, 'a droplet of the fleet belongs to no server of this installation');
    return 'orphans';
  }
  if (server.pending) return undefined;
  const at = new Date(process.now()).toISOString();
  const events = await process.execute({ type: 'RecordLookUp', at, data: { serverId, attempt: server.attempt, tryNumber: server.tries, ours: [], strays: [instance.ref], isSettled: false } }, server, cause);
  return events.length > 0 ? 'strays' : undefined;
};

export const reconcileFleet = async (parts: Parts): Promise<Reconciled> => {
  const counts = { strays: 0, orphans: 0 };
  for (const { cloud } of await parts.process.clouds.all()) {
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await cloud.list(FLEET_TAG, cursor);
      const owned = await parts.ownedAmong(page.items.map(({ ref }) => ref));
      for (const instance of page.items.filter(({ ref }) => !owned.has(ref))) {
        const verdict = await judge(parts, instance);
        if (verdict) counts[verdict] += 1;
      }
      cursor = page.next;
    }
  }
  return counts;
};

/** Every so often, each replica at its own time; what one has noted is nothing new for the next. */
export const startFleetReconciler = (parts: Parts, everyMs: number): { stop(): Promise<void> } => {
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      await reconcileFleet(parts);
    } catch (error) {
      parts.logger.warn({ event: 'fleet.reconcile_failed', err: error }, 'the fleet could not be compared with the log; it is tried again later');
    }
  };
  const timer = setInterval(() => {
    running = running.then(run);
  }, everyMs * (0.9 + 0.2 * parts.process.random()));
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
