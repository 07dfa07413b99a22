/**
 * The process manager's timers: one row a server, due at `wake_at`. A row is leased while somebody works on it; when
 * that process dies the lease runs out and another one goes on from the log. News wake a row at once, also news that
 * come while a step is being made: only what was seen is put to sleep.
 */
import { aggregateIdOf, type EventEnvelope, type ServerId } from '@citrus/contracts';
import { defineProjection } from '@citrus/kit-event-store';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import { PLACES } from '../queue/places.ts';
import { serverEvents } from './server.events.ts';

const announce = async (trx: Transaction<ProvisioningDatabase>, { stream, streamVersion, at }: EventEnvelope): Promise<void> => {
  if (!stream.startsWith('server-')) return;
  await sql`
    insert into server_work (server_id, version, wake_at) values (${aggregateIdOf(stream)}, ${streamVersion}, ${at})
    on conflict (server_id) do update set
      version = greatest(server_work.version, excluded.version),
      wake_at = case when excluded.version > server_work.seen_version then excluded.wake_at else server_work.wake_at end`.execute(trx);
};

/**
 * Fed by the log so that nothing can be requested and forgotten. No read model: a rebuild leaves the rows alone (`tables`
 * is empty), and makes due what is missing or has news.
 */
export const serverWorkProjection = defineProjection<ProvisioningDatabase>({
  name: 'server-work', version: 1, handles: Object.keys(serverEvents), apply: announce,
});

/** `version`: the newest of its log that was announced when it was taken. */
export type Work = { readonly serverId: ServerId; readonly failures: number; readonly version: number };
export type Settled = { readonly serverId: ServerId; readonly seenVersion: number; readonly wakeAt: Date | null };

export type ServerWorkStore = {
  /** Up to `limit` servers that are due, leased to the caller: what is under way, then those that wait for a machine by their turn. */
  claim(limit: number, leaseMs: number): Promise<readonly Work[]>;
  /** Still at work on these. */
  renew(serverIds: readonly ServerId[], leaseMs: number): Promise<void>;
  settle(settled: Settled): Promise<void>;
  /** The step could not be made: again after a while. */
  postpone(serverId: ServerId, afterMs: number): Promise<void>;
  /** There was nothing to do yet: again after a while, or at once when something newer than `version` is in its log. */
  defer(serverId: ServerId, version: number, afterMs: number): Promise<void>;
  /** How long until something may be due. */
  msUntilDue(): Promise<number | null>;
};

/**
 * Nobody waits until these rows are on the disk. What a crash of the database takes back is a lease or a rest: the row is
 * due again, the step is made again, and the log decides what comes of it. Three flushes fewer for each step of a server.
 */
const unflushed = sql`(select set_config('synchronous_commit', 'off', true)) as unflushed`;

export const openServerWork = (db: Kysely<ProvisioningDatabase>): ServerWorkStore => ({
  claim: async (limit, leaseMs) => {
    const { rows } = await sql<{ server_id: ServerId; failures: number; version: number }>`
      update server_work set lease_until = now() + ${leaseMs} * interval '1 millisecond' from ${unflushed}
      where server_id in (
        select work.server_id from server_work work left join (${PLACES}) places on places.server_id = work.server_id
        where wake_at <= now() and (lease_until is null or lease_until <= now())
        order by places.place nulls first, wake_at limit ${limit} for update of work skip locked
      ) returning server_id, failures, version`.execute(db);
    return rows.map((row) => ({ serverId: row.server_id, failures: row.failures, version: row.version }));
  },
  renew: async (serverIds, leaseMs) => {
    // Many rows at once, while the projection changes many too, in an order of its own: who waits here deadlocks with it.
    await sql`
      update server_work set lease_until = now() + ${leaseMs} * interval '1 millisecond' from ${unflushed}
      where server_id in (select server_id from server_work where server_id = any(${serverIds}::uuid[]) and lease_until is not null for update skip locked)`.execute(db);
  },
  settle: async ({ serverId, seenVersion, wakeAt }) => {
    await sql`
      update server_work set
        seen_version = ${seenVersion}, lease_until = null, failures = 0,
        wake_at = case when version > ${seenVersion} then wake_at else ${wakeAt}::timestamptz end
      from ${unflushed} where server_id = ${serverId}`.execute(db);
  },
  postpone: async (serverId, afterMs) => {
    await sql`
      update server_work set lease_until = null, failures = failures + 1, wake_at = now() + ${afterMs} * interval '1 millisecond'
      from ${unflushed} where server_id = ${serverId}`.execute(db);
  },
  defer: async (serverId, version, afterMs) => {
    await sql`
      update server_work set lease_until = null,
        wake_at = case when version > ${version} then wake_at else now() + ${afterMs} * interval '1 millisecond' end
      from ${unflushed} where server_id = ${serverId}`.execute(db);
  },
  msUntilDue: async () => {
    const { rows } = await sql<{ ms: number | null }>`
      select (extract(epoch from min(greatest(wake_at, coalesce(lease_until, wake_at))) - now()) * 1000)::float8 as ms from server_work where wake_at is not null`.execute(db);
    return rows[0]?.ms ?? null;
  },
});
