/** Entries into the log: each once, whatever the broker does. Refusals go by way of the counted ones. */
import { networkOf } from '@citrus/contracts';
import type { EventStore } from '@citrus/kit-event-store';
import type { Clock } from '@citrus/kit-domain';
import type { AddressKeeper } from './audited-address.ts';
import { groupOf, windowEndOf, type Entry } from './audited-message.ts';
import type { Audited } from './audit.events.ts';
import type { Refusals, Waiting } from './refusals.store.ts';

export type KeeperParts = {
  readonly store: EventStore;
  readonly refusals: Refusals;
  readonly addresses: AddressKeeper;
  readonly projectOfAgent: (agentId: string) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly windowMs?: number;
};

export type AuditKeeper = {
  keep(entry: Entry): Promise<void>;
  /** Counted refusals whose minute is over. */
  tellRefusals(): Promise<void>;
};

const append = async (store: EventStore, audited: Audited, commandId: string): Promise<void> => {
  const { actor, service, at, correlationId, entryId } = audited;
  await store.append({
    stream: `audit-${at.slice(0, 10)}`, expected: 'any', events: [{ type: 'Audited', data: audited }],
    context: { commandId, actor: actor ?? { kind: 'service', id: service }, correlationId: correlationId ?? entryId },
  });
};

const auditedOf = async ({ addresses, projectOfAgent }: KeeperParts, entry: Entry): Promise<Audited> => {
  const { id: entryId, address, projectId, ...told } = entry;
  const { actor } = entry;
  const kept = address === undefined ? undefined : await addresses.keep(address, { actor, entryId });
  const project = projectId ?? (actor?.kind === 'agent' ? await projectOfAgent(actor.id) : undefined);
  return { entryId, count: 1, lastAt: entry.at, ...told, ...(project && { projectId: project }), ...(kept && { address: kept }) };
};

export const createAuditKeeper = (parts: KeeperParts): AuditKeeper => {
  const { store, refusals, addresses, clock, windowMs } = parts;
  const waitingOf = (entry: Entry, audited: Audited): Waiting => ({
    audited, windowEndsAt: windowEndOf(entry.at, windowMs), group: groupOf({ ...entry, projectId: audited.projectId }, entry.address && addresses.hashOf(networkOf(entry.address))),
  });
  return {
    keep: async (entry) => {
      const audited = await auditedOf(parts, entry);
      if (entry.outcome === 'refused') await refusals.add([waitingOf(entry, audited)]);
      else await append(store, audited, entry.id);
    },
    tellRefusals: async () => {
      for (;;) {
        const batches = await refusals.due(clock());
        await Promise.all(batches.map(({ audited, batchId }) => append(store, audited, batchId)));
        await refusals.told(batches.map(({ batchId }) => batchId), clock());
        if (batches.length === 0) return;
      }
    },
  };
};
