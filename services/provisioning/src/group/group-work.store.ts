/**
 * The timers of groups: one row a group, due at `wake_at`, leased while somebody works on it. News of the group and of its
 * servers wake it; what is missed is seen at the next look, which comes by itself.
 */
import { aggregateIdOf, type EventEnvelope, type GroupId, type GroupLoad } from '@citrus/contracts';
import { defineProjection } from '@citrus/kit-event-store';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import { groupEvents } from './group.events.ts';

/** What a group may have to do something about. */
const OF_SERVERS = ['ServerActivated', 'ServerFailed', 'ServerDeleted'];

/** What came of many servers wakes all their groups at once. */
const announce = async (trx: Transaction<ProvisioningDatabase>, events: readonly EventEnvelope[]): Promise<void> => {
  for (const { stream, at } of events.filter(({ stream }) => stream.startsWith('group-'))) {
    await sql`
      insert into group_work (group_id, wake_at, woken) values (${aggregateIdOf(stream)}, ${at}, 1)
      on conflict (group_id) do update set wake_at = least(group_work.wake_at, excluded.wake_at), woken = group_work.woken + 1`.execute(trx);
  }
  const ofServers = events.filter(({ stream }) => !stream.startsWith('group-'));
  const [first] = ofServers;
  if (!first) return;
  const members = ofServers.map(({ stream }) => JSON.stringify([{ serverId: aggregateIdOf(stream) }]));
  await sql`
    update group_work set wake_at = least(wake_at, ${first.at}), woken = woken + 1
    where group_id in (select g.id from unnest(${members}::jsonb[]) as member join server_groups g on g.members @> member)`.execute(trx);
};

/** No read model: a replay makes every group due, which then finds nothing to do. */
export const groupWorkProjection = defineProjection<ProvisioningDatabase>({ name: 'group-work', version: 1, handles: [...Object.keys(groupEvents), ...OF_SERVERS], apply: (trx, event) => announce(trx, [event]), applyAll: announce });

/** News during a step that failed may be of what failed itself. */
const PAUSE_WITH_NEWS_MS = 1000;

/** `woken` counts news, so that news which come during the work are not put to sleep with it. */
export type GroupWork = { readonly groupId: GroupId; readonly failures: number; readonly woken: number };

export type GroupWorkStore = {
  claim(limit: number, leaseMs: number): Promise<readonly GroupWork[]>;
  settle(work: GroupWork, wakeAt: Date | null): Promise<void>;
  postpone(work: GroupWork, afterMs: number): Promise<void>;
  noteLoad(groupId: GroupId, load: GroupLoad): Promise<void>;
};

export const openGroupWork = (db: Kysely<ProvisioningDatabase>): GroupWorkStore => ({
  claim: async (limit, leaseMs) => {
    const { rows } = await sql<{ group_id: GroupId; failures: number; woken: number }>`
      update group_work set lease_until = now() + ${leaseMs} * interval '1 millisecond'
      where group_id in (
        select group_id from group_work where wake_at <= now() and (lease_until is null or lease_until <= now()) order by wake_at limit ${limit} for update skip locked
      ) returning group_id, failures, woken::int as woken`.execute(db);
    return rows.map(({ group_id: groupId, failures, woken }) => ({ groupId, failures, woken }));
  },
  settle: async ({ groupId, woken }, wakeAt) => {
    await sql`
      update group_work set lease_until = null, failures = 0, wake_at = case when woken > ${woken} then now() else ${wakeAt}::timestamptz end
      where group_id = ${groupId}`.execute(db);
  },
  postpone: async ({ groupId, woken }, afterMs) => {
    await sql`
      update group_work set lease_until = null, failures = failures + 1,
        wake_at = now() + case when woken > ${woken} then least(${afterMs}::float8, ${PAUSE_WITH_NEWS_MS}) else ${afterMs}::float8 end * interval '1 millisecond'
      where group_id = ${groupId}`.execute(db);
  },
  noteLoad: async (groupId, load) => {
    await sql`update group_work set load = ${JSON.stringify(load)}::jsonb where group_id = ${groupId}`.execute(db);
  },
});
