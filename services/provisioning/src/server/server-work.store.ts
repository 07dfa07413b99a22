/**
 * The process manager's timers: one row a server, due at `wake_at`. A row is leased while somebody works on it; when
 * that process dies the lease runs out and another one goes on from the log. News wake a row at once, also news that
 * come while a step is being made: only what was seen is put to sleep.
 */
import { aggregateIdOf, type EventEnvelope, type ServerId } from '@citrus/contracts';
import { defineProjection, gather } from '@citrus/kit-event-store';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import { PLACES } from '../queue/places.ts';
import { serverEvents } from './server.events.ts';

/** Always in the order of the ids, as `settle` locks them: who changes many rows in another order deadlocks with it. */
const announce = async (trx: Transaction<ProvisioningDatabase>, events: readonly EventEnvelope[]): Promise<void> => {
  // Of several events of a server the newest says it all.
  const news = new Map(events.filter(({ stream }) => stream.startsWith('server-')).map(({ stream, streamVersion, at }) => [aggregateIdOf(stream), { streamVersion, at }] as const));
  if (news.size === 0) return;
  const [ids, newest] = [[...news.keys()], [...news.values()]];
  await sql`
    insert into server_work (server_id, version, wake_at)
    select * from unnest(${ids}::uuid[], ${newest.map(({ streamVersion }) => streamVersion)}::int[], ${newest.map(({ at }) => at)}::timestamptz[]) as news (server_id, version, wake_at) order by server_id
    on conflict (server_id) do update set
      version = greatest(server_work.version, excluded.version),
      wake_at = case when excluded.version > server_work.seen_version then excluded.wake_at else server_work.wake_at end`.execute(trx);
};

/**
 * Fed by the log so that nothing can be requested and forgotten. No read model: a rebuild leaves the rows alone (`tables`
 * is empty), and makes due what is missing or has news.
 */
export const serverWorkProjection = defineProjection<ProvisioningDatabase>({
  name: 'server-work', version: 1, handles: Object.keys(serverEvents), apply: (trx, event) => announce(trx, [event]), applyAll: announce,
});

/** `version`: the newest of its log that was announced when it was taken. `dueAt`: since when it was due, as the database writes it; news change that, too. */
export type Work = { readonly serverId: ServerId; readonly failures: number; readonly version: number; readonly dueAt: string };
export type Settled = { readonly serverId: ServerId; readonly seenVersion: number; readonly wakeAt: Date | null };

/** `msUntilDue`: how long until another one may be due; one that was due and is not here does not count. */
export type Claimed = { readonly work: readonly Work[]; readonly msUntilDue: number | null };

export type ServerWorkStore = {
  /** Up to `limit` servers that are due, leased to the caller: what is under way, then those that wait for a machine by their turn. */
  claim(limit: number, leaseMs: number): Promise<Claimed>;
  /** Still at work on these. */
  renew(serverIds: readonly ServerId[], leaseMs: number): Promise<void>;
  /** The step was made. Together with others that end in the same moment. */
  settle(settled: Settled): Promise<void>;
  /** The step could not be made: again after a while, which is a shorter one when there were news meanwhile. */
  postpone(work: Work, pauses: { readonly afterMs: number; readonly withNewsMs: number }): Promise<void>;
  /** There was nothing to do yet: again after a while, or at once when something newer than `version` is in its log. */
  defer(serverId: ServerId, version: number, afterMs: number): Promise<void>;
};

/**
 * Nobody waits until these rows are on the disk. What a crash of the database takes back is a lease or a rest: the row is
 * due again, the step is made again, and the log decides what comes of it. Three flushes fewer for each step of a server.
 */
const unflushed = sql`(select set_config('synchronous_commit', 'off', true)) as unflushed`;

const settleAll = async (db: Kysely<ProvisioningDatabase>, settled: readonly Settled[]): Promise<void> => {
  const [ids, versions, times] = [settled.map(({ serverId }) => serverId), settled.map(({ seenVersion }) => seenVersion), settled.map(({ wakeAt }) => wakeAt)];
  await sql`
    with locked as (select server_id from server_work where server_id = any(${ids}::uuid[]) order by server_id for update)
    update server_work set
      seen_version = s.seen_version, lease_until = null, failures = 0,
      wake_at = case when version > s.seen_version then server_work.wake_at else s.wake_at end
    from locked join unnest(${ids}::uuid[], ${versions}::int[], ${times}::timestamptz[]) as s (server_id, seen_version, wake_at) using (server_id), ${unflushed}
    where server_work.server_id = locked.server_id`.execute(db);
};

type ClaimedRow = { readonly server_id: ServerId | null; readonly failures: number; readonly version: number; readonly due_at: string; readonly ms: number | null; readonly is_crowded: boolean };

const LATER = sql`
  select (extract(epoch from min(greatest(wake_at, coalesce(lease_until, wake_at))) - now()) * 1000)::float8 as ms from server_work
  where wake_at is not null and greatest(wake_at, coalesce(lease_until, wake_at)) > now()`;
const IS_DUE = sql`work.wake_at <= now() and (work.lease_until is null or work.lease_until <= now())`;

/** `ours`: a query for the ids of rows that it has locked. */
const leaseThem = (ours: RawBuilder<unknown>, leaseMs: number): RawBuilder<ClaimedRow> => sql<ClaimedRow>`
  with crowd as (select count(*)::int as size from server_work work where ${IS_DUE}), claimed as (
    update server_work set lease_until = now() + ${leaseMs} * interval '1 millisecond' from ${unflushed} where server_id in (${ours}) returning server_id, failures, version, wake_at
  )
  select claimed.server_id, claimed.failures, claimed.version, claimed.wake_at::text as due_at, later.ms, crowd.size > (select count(*) from claimed) as is_crowded
  from (${LATER}) as later cross join crowd left join claimed on true`;

/** All that is due, or nothing where that is more than the limit. */
const ALL_DUE = (limit: number) => sql`select server_id from server_work work where ${IS_DUE} and (select size from crowd) <= ${limit} for update skip locked`;
/** A place in the queue is worth reckoning only where not all can be taken. */
const FIRST_DUE = (limit: number) => sql`
  select work.server_id from server_work work left join (${PLACES}) places on places.server_id = work.server_id
  where ${IS_DUE} order by places.place nulls first, work.wake_at limit ${limit} for update of work skip locked`;

export const openServerWork = (db: Kysely<ProvisioningDatabase>): ServerWorkStore => ({
  claim: async (limit, leaseMs) => {
    let { rows } = await leaseThem(ALL_DUE(limit), leaseMs).execute(db);
    if (rows[0]?.server_id === null && rows[0].is_crowded) ({ rows } = await leaseThem(FIRST_DUE(limit), leaseMs).execute(db));
    const work = rows.flatMap(({ server_id: serverId, failures, version, due_at: dueAt }) => (serverId === null ? [] : [{ serverId, failures, version, dueAt }]));
    return { work, msUntilDue: rows[0]?.ms ?? null };
  },
  renew: async (serverIds, leaseMs) => {
    // Many rows at once, while the projection changes many too, in an order of its own: who waits here deadlocks with it.
    await sql`
      update server_work set lease_until = now() + ${leaseMs} * interval '1 millisecond' from ${unflushed}
      where server_id in (select server_id from server_work where server_id = any(${serverIds}::uuid[]) and lease_until is not null for update skip locked)`.execute(db);
  },
  settle: gather(async (settled: readonly Settled[]) => {
    await settleAll(db, settled);
    return settled.map(() => undefined);
  }),
  postpone: async ({ serverId, version, dueAt }, { afterMs, withNewsMs }) => {
    await sql`
      update server_work set lease_until = null, failures = failures + 1,
        wake_at = now() + case when version > ${version} or wake_at is distinct from ${dueAt}::timestamptz then ${withNewsMs}::float8 else ${afterMs}::float8 end * interval '1 millisecond'
      from ${unflushed} where server_id = ${serverId}`.execute(db);
  },
  defer: async (serverId, version, afterMs) => {
    await sql`
      update server_work set lease_until = null,
        wake_at = case when version > ${version} then wake_at else now() + ${afterMs} * interval '1 millisecond' end
      from ${unflushed} where server_id = ${serverId}`.execute(db);
  },
});
