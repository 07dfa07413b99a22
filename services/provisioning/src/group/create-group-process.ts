/** Puts the process manager of groups together from the log, the catalogue and the metrics service. */
import { readLoad, type GroupId, type ServerId } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { newId, type EventStore, type Projections } from '@citrus/kit-event-store';
import type { Requests } from '@citrus/kit-messaging';
import type { ServerCatalog } from '../catalog/server-catalog.ts';
import { groupDecider } from './group.decider.ts';
import { groupStreamOf, type GroupEvent } from './group.events.ts';
import type { GroupHandler } from './group.handler.ts';
import type { GroupProcess } from './group.process.ts';
import type { GroupQueries } from './group.queries.ts';
import type { GroupWorkStore } from './group-work.store.ts';

const ITSELF = { kind: 'service', id: 'provisioning' } as const;

type Parts = {
  readonly store: Pick<EventStore, 'load' | 'head'>; readonly projections: Pick<Projections, 'reached'>; readonly handle: GroupHandler; readonly queries: Pick<GroupQueries, 'readingsOf'>; readonly work: GroupWorkStore;
  readonly catalog: ServerCatalog; readonly requests: Requests; readonly lookMs: number; readonly now: () => Date;
};

export const createGroupProcess = ({ store, projections, handle, queries, work, catalog, requests, lookMs, now }: Parts): GroupProcess => ({
  load: async (groupId: GroupId) => {
    const { events } = await store.load(groupStreamOf(groupId));
    return { state: fold(groupDecider, events as unknown as GroupEvent[]), cause: events.at(-1)?.id };
  },
  execute: async (command, { projectId }, cause) =>
    (await handle(command, { actor: ITSELF, projectId, correlationId: command.data.groupId, ...(cause !== undefined && { causationId: cause }) })).events,
  // A server that is not shown yet would pass for one that was never made, and a group that ends would not leave it to anybody.
  readingsOf: async (serverIds) => {
    await projections.reached(await store.head());
    return await queries.readingsOf(serverIds);
  },
  catalog,
  loadOf: async (serverIds, window) => (await requests.call(readLoad, { serverIds: [...serverIds], ...window })).minutes,
  noteLoad: (groupId, load) => work.noteLoad(groupId, load),
  lookMs,
  now: () => now().getTime(),
  newId: () => newId() as ServerId,
});
