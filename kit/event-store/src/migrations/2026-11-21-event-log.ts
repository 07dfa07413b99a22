/**
 * The log. Frozen: a change is a new migration.
 *
 * Positions are given out under the one row of `log_head`, which stays locked until the commit: so they are dense and
 * in commit order, and a reader never sees a later event before an earlier one. Nobody but `append_many` writes; a
 * trigger refuses changes even to the owner. Statement triggers do not fire when a partition is named directly, so
 * every partition has one of its own, and lives in a schema that the service role cannot enter.
 *
 * The hash chain: hash(n) = sha256(hash(n-1) || bytes(n)), hash(0) = 32 zero bytes, and bytes(n) is the UTF-8 text of
 * position, event id, stream, stream version, type, schema version, time (`2026-11-21T10:00:00.000Z`), number of bytes
 * of meta, meta, data, joined by one line feed; meta and data exactly as stored.
 */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table log_head (
  one boolean primary key default true check (one),
  position bigint not null,
  hash bytea not null,
  recorded_at timestamptz not null
) with (fillfactor = 50);
insert into log_head (position, hash, recorded_at) values (0, decode(repeat('00', 32), 'hex'), '-infinity');

create table streams (
  stream_id text primary key check (stream_id ~ '^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$' and length(stream_id) <= 128),
  version bigint not null,
  last_position bigint not null
) with (fillfactor = 80);
create index streams_by_aggregate_id on streams (substr(stream_id, strpos(stream_id, '-') + 1));

create table commands (
  command_id uuid not null,
  stream_id text not null,
  version bigint not null,
  position bigint not null,
  recorded_at timestamptz not null,
  primary key (command_id, stream_id)
);

create table events (
  position bigint primary key,
  stream_id text not null,
  version bigint not null,
  event_id uuid not null,
  type text not null check (type ~ '^[A-Za-z0-9_-]{1,128}$'),
  schema_version smallint not null,
  data json not null,
  meta json not null,
  project_id uuid,
  -- Which server the payload names; a column of its own, because PostgreSQL cannot look into JSON that holds an escaped NUL.
  about text,
  recorded_at timestamptz not null,
  hash bytea not null,
  constraint events_are_small check (octet_length(data::text) + octet_length(meta::text) <= 262144)
) partition by range (position);
create index events_by_stream on events (stream_id, version);
create index events_by_project on events (project_id, position);
create index events_by_about on events (about, position) where about is not null;
`;

const APPEND_ONLY = `
create schema event_partitions;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'events are append-only: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete or truncate on events for each statement execute function refuse_change();

-- Made apart and attached, because that does not wait for readers of the log.
create function add_events_partition(number bigint) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  partition_name text := 'events_' || number;
begin
  if to_regclass('event_partitions.' || partition_name) is not null then return; end if;
  execute format('create table event_partitions.%I (like public.events including constraints)', partition_name);
  execute format('alter table public.events attach partition event_partitions.%I for values from (%s) to (%s)', partition_name, number * 10000000, (number + 1) * 10000000);
  execute format('create trigger append_only before update or delete or truncate on event_partitions.%I for each statement execute function public.refuse_change()', partition_name);
end $$;

select add_events_partition(0), add_events_partition(1);
`;

const HASH_CHAIN = `
-- Without a search path of its own, which would cost more than the hash; every name is written out instead.
create function chain_step(state bytea, first bytea, bytes bytea) returns bytea language sql immutable
  as $$ select pg_catalog.sha256(coalesce(state, first) operator(pg_catalog.||) bytes) $$;
create aggregate chain_hash(first bytea, bytes bytea) (sfunc = chain_step, stype = bytea);
`;

/**
 * Verdicts: ok, duplicate (this command was carried out on this stream; the first result), wrong-version, held-back
 * (another request of the same set failed). Expected versions: n is exact (0: no stream yet), -1 any, -2 exists.
 */
const APPEND_MANY = `
create function append_many(
  -- one a request
  p_sets int[], p_streams text[], p_expected bigint[], p_commands uuid[], p_metas text[], p_projects uuid[],
  -- one an event; p_requests says which request it belongs to, counted from 1
  p_requests int[], p_ids uuid[], p_types text[], p_versions smallint[], p_data text[], p_about text[]
) returns table (out_verdict text, out_version bigint, out_position bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- Planned once a connection; a plan made while the tables were small must not scan them when they have grown.
set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  head public.log_head;
  now_ms timestamptz;
  verdicts text[];
  versions bigint[];
  positions bigint[];
  counts int[];
  last_position bigint;
  last_hash bytea;
begin
  if (select count(distinct request) from unnest(p_requests) as request) <> cardinality(p_streams) then
    raise exception 'an append without events' using errcode = 'invalid_parameter_value';
  end if;
  if (select count(distinct stream_id) from unnest(p_streams) as stream_id) <> cardinality(p_streams) then
    raise exception 'a stream stands twice in one call' using errcode = 'invalid_parameter_value';
  end if;
  select * into strict head from public.log_head for update;
  now_ms := greatest(head.recorded_at, date_trunc('milliseconds', clock_timestamp()));

  with request as materialized (
    select r.*, n.event_count, coalesce((select s.version from public.streams s where s.stream_id = r.stream_id), 0) as version_before,
      (select array[c.version, c.position] from public.commands c where c.command_id = r.command_id and c.stream_id = r.stream_id) as first_result
    from unnest(p_sets, p_streams, p_expected, p_commands) with ordinality as r(set_number, stream_id, expected, command_id, ordinal)
    join (select request, count(*)::int as event_count from unnest(p_requests) as request group by request) n on n.request = r.ordinal
  ), judged as (
    select *, case
      when first_result is not null then 'duplicate'
      when expected = version_before or expected = -1 or (expected = -2 and version_before > 0) then 'ok'
      else 'wrong-version' end as judgement
    from request
  ), settled as (
    select *, case when judgement = 'ok' and not bool_and(judgement = 'ok') over (partition by set_number) then 'held-back' else judgement end as verdict
    from judged
  ), placed as (
    select *, head.position + coalesce(sum(event_count) filter (where verdict = 'ok') over (order by ordinal rows between unbounded preceding and 1 preceding), 0) as position_before
    from settled
  )
  select array_agg(verdict order by ordinal), array_agg(event_count order by ordinal),
    array_agg(case verdict when 'duplicate' then first_result[1] else version_before end order by ordinal),
    array_agg(case verdict when 'duplicate' then first_result[2] else position_before end order by ordinal)
  into verdicts, counts, versions, positions from placed;

  insert into public.events (position, stream_id, version, event_id, type, schema_version, data, meta, project_id, about, recorded_at, hash)
  select position, stream_id, version, event_id, type, schema_version, data::json, meta::json, project_id, about, now_ms,
    public.chain_hash(head.hash, convert_to(concat_ws(E'\\n', position, event_id, stream_id, version, type, schema_version,
      to_char(now_ms at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), octet_length(meta), meta, data), 'UTF8')) over (order by position)
  from (
    select r.stream_id, r.meta, r.project_id, e.event_id, e.type, e.schema_version, e.data, e.about,
      r.version_before + row_number() over same_request as version, r.position_before + row_number() over same_request as position
    from unnest(p_requests, p_ids, p_types, p_versions, p_data, p_about) with ordinality as e(request, event_id, type, schema_version, data, about, ordinal)
    join unnest(p_streams, p_metas, p_projects, verdicts, versions, positions) with ordinality as r(stream_id, meta, project_id, verdict, version_before, position_before, ordinal)
      on r.ordinal = e.request and r.verdict = 'ok'
    window same_request as (partition by e.request order by e.ordinal)
  ) as placed_events order by position;
  select position, hash into last_position, last_hash from public.events where position > head.position order by position desc limit 1;

  if last_position is not null then
    insert into public.streams as s (stream_id, version, last_position)
    select p_streams[i], versions[i] + counts[i], positions[i] + counts[i] from generate_subscripts(verdicts, 1) as i where verdicts[i] = 'ok'
    on conflict (stream_id) do update set version = excluded.version, last_position = excluded.last_position;
    insert into public.commands (command_id, stream_id, version, position, recorded_at)
    select p_commands[i], p_streams[i], versions[i] + counts[i], positions[i] + counts[i], now_ms from generate_subscripts(verdicts, 1) as i where verdicts[i] = 'ok';
    update public.log_head set position = last_position, hash = last_hash, recorded_at = now_ms;
    -- The partition after the one just entered, so that the next is always there.
    if last_position / 10000000 > head.position / 10000000 then perform public.add_events_partition(last_position / 10000000 + 1); end if;
    perform pg_notify('event_log', last_position::text);
  end if;

  return query select verdicts[i], versions[i] + case verdicts[i] when 'ok' then counts[i] else 0 end, positions[i] + case verdicts[i] when 'ok' then counts[i] else 0 end
  from generate_subscripts(verdicts, 1) as i order by i;
end $$;

revoke execute on function append_many, add_events_partition, chain_step, chain_hash, refuse_change from public;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statements of [TABLES, APPEND_ONLY, HASH_CHAIN, APPEND_MANY]) await sql.raw(statements).execute(db);
};
