/** Entries into the log: each once, whatever the broker does. Refusals go by way of the counted ones. */
import { networkOf } from '@citrus/contracts';
import type { EventStore, LoneAppend } from '@citrus/kit-event-store';
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
  /** Those that came together, in one commit. @throws when one of them cannot be kept, and then it is not known which others are */
  keepAll(entries: readonly Entry[]): Promise<void>;
  /** Counted refusals whose minute is over. */
  tellRefusals(): Promise<void>;
};

/** In the stream of its day. */
const appendOf = (audited: Audited, commandId: string): LoneAppend => {
  const { actor, service, at, correlationId, entryId } = audited;
  return {
    stream: `audit-${at.slice(0, 10)}`, event: { type: 'Audited', data: audited },
    context: { commandId, actor: actor ?? { kind: 'service', id: service }, correlationId: correlationId ?? entryId },
  };
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
  const keepAll: AuditKeeper['keepAll'] = async (entries) => {
    const kept = await Promise.all(entries.map(async (entry) => ({ entry, audited: await auditedOf(parts, entry) })));
    const [refused, others] = [kept.filter(({ entry }) => entry.outcome === 'refused'), kept.filter(({ entry }) => entry.outcome !== 'refused')];
    if (refused.length > 0) await refusals.add(refused.map(({ entry, audited }) => waitingOf(entry, audited)));
    await store.appendEach(others.map(({ entry, audited }) => appendOf(audited, entry.id)));
  };
  return {
    keepAll,
    keep: (entry) => keepAll([entry]),
    tellRefusals: async () => {
      for (;;) {
        const batches = await refusals.due(clock());
        await store.appendEach(batches.map(({ audited, batchId }) => appendOf(audited, batchId)));
        await refusals.told(batches.map(({ batchId }) => batchId), clock());
        if (batches.length === 0) return;
      }
    },
  };
};
