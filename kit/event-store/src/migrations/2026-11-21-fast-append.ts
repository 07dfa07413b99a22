/**
 * The append, made fast; archived streams; snapshots. Frozen: a change is a new migration.
 *
 * Positions, verdicts and the bytes of the hash chain stay as they are documented in `2026-11-21-event-log.ts`. What a
 * statement costs once (planning its nodes, parsing check constraints, looking up triggers) weighs more than a row, so
 * a group is read in one statement and written in one, and between them a loop does nothing but hash. A lone event
 * takes a way of its own: one statement that reads, judges and writes without waiting for the lock first. That is safe
 * because it updates the head only where it found it: whoever appended meanwhile has moved it, and then nothing of the
 * statement happens and the general way is taken.
 *
 * What events and streams may look like is checked here instead of in constraints of the tables, once and cheaper;
 * nobody else can insert.
 */
import { sql, type Kysely } from 'kysely';

const TABLES = `
alter table streams add column archived boolean not null default false;
alter table streams drop constraint streams_stream_id_check;
alter table events drop constraint events_type_check, drop constraint events_are_small;

-- Disposable: whoever deletes them makes the next load longer and changes nothing else.
create table snapshots (
  stream_id text not null,
  decider text not null,
  decider_version int not null,
  version bigint not null,
  position bigint not null,
  state json not null,
  taken_at timestamptz not null default now(),
  primary key (stream_id, decider)
);

create function was_carried_out(p_command uuid, p_stream text) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select exists (select from public.commands where command_id = p_command and stream_id = p_stream) $$;
`;

/** Planned once a connection; a plan made while the tables were small must not scan them when they have grown. */
const AS_OWNER = 'language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off';
const NOW = `date_trunc('milliseconds', clock_timestamp())`;
const TIME = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const IS_EXPECTED = (expected: string, version: string) => `(${expected} = ${version} or ${expected} = -1 or (${expected} = -2 and ${version} > 0))`;
/** One look-up a request, never a join that could be planned as a scan. */
const STREAM_AND_COMMAND = `
  left join lateral (select s.ctid, s.* from public.streams s where s.stream_id = r.stream_id offset 0) s on true
  left join lateral (select c.* from public.commands c where c.command_id = r.command_id and c.stream_id = r.stream_id offset 0) c on true`;

/**
 * Verdicts: 0 ok, 1 duplicate (this command was carried out on this stream; the first result), 2 wrong version, 3 held
 * back (another request of the same set failed), 4 archived. Expected versions: n is exact (0: no stream yet), -1 any, -2 exists.
 * No verdicts at all mean that all are ok.
 */
const APPEND_MANY = `
create function append_many(
  -- one a request
  p_sets int[], p_streams text[], p_expected bigint[], p_archives boolean[], p_commands uuid[], p_metas text[], p_projects uuid[], p_counts int[],
  -- one an event, in the order of the requests; p_counts says how many belong to each
  p_ids uuid[], p_types text[], p_versions int[], p_data text[], p_about text[],
  out verdicts int[], out versions bigint[], out positions bigint[]
) ${AS_OWNER} as $$
declare
  head bigint;
  last_hash bytea;
  now_ms timestamptz;
  now_text text;
  is_all_ok boolean;
  -- one a request: the stream's version and row before, the events of requests before it, and of those the ones that are taken
  befores bigint[];
  rows_before tid[];
  given bigint[];
  taken bigint[];
  -- one an event; no hash where it is not taken
  requests int[];
  hashes bytea[];
  event int := 0;
  total bigint;
  stream_count int;
begin
  select h.position, h.hash, greatest(h.recorded_at, ${NOW}) into strict head, last_hash, now_ms from public.log_head h for update;
  now_text := ${TIME('now_ms')};

  select array_agg(q.before order by q.request), array_agg(q.before + q.event_count order by q.request), array_agg(q.until - q.event_count order by q.request),
    array_agg(head + q.until order by q.request), array_agg(q.row_before order by q.request), sum(q.event_count), count(distinct q.stream_id),
    bool_and(q.done is null and not q.archived and ${IS_EXPECTED('q.expected', 'q.before')})
  into befores, versions, given, positions, rows_before, total, stream_count, is_all_ok
  from (
    select r.*, coalesce(s.version, 0) as before, coalesce(s.archived, false) as archived, s.ctid as row_before, c.position as done,
      sum(r.event_count) over (order by r.request rows unbounded preceding) as until
    from unnest(p_streams, p_commands, p_expected, p_counts) with ordinality as r(stream_id, command_id, expected, event_count, request)
      ${STREAM_AND_COMMAND}
  ) q;
  if total is distinct from cardinality(p_ids) or 0 >= any(p_counts) then raise exception 'an append without events' using errcode = 'invalid_parameter_value'; end if;
  if stream_count <> cardinality(p_streams) then raise exception 'a stream stands twice in one call' using errcode = 'invalid_parameter_value'; end if;
  taken := given;
  if not is_all_ok then
    select j.verdicts, j.versions, j.taken, j.positions into verdicts, versions, taken, positions
    from public.judge_appends(p_sets, p_streams, p_expected, p_commands, p_counts, befores, head) j;
  end if;

  for request in 1 .. cardinality(p_streams) loop
    if verdicts[request] > 0 then
      event := event + p_counts[request];
      continue;
    end if;
    if befores[request] = 0 and (p_streams[request] !~ '^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$' or length(p_streams[request]) > 128) then
      raise exception 'a stream is named <aggregate>-<id>' using errcode = 'check_violation';
    end if;
    for number in 1 .. p_counts[request] loop
      event := event + 1;
      if p_types[event] !~ '^[A-Za-z0-9_-]+$' or octet_length(p_types[event]) > 128 or octet_length(p_data[event]) + octet_length(p_metas[request]) > 262144 then
        raise exception 'an event''s type is one token, and an event takes at most 262144 bytes' using errcode = 'check_violation';
      end if;
      last_hash := sha256(last_hash || convert_to(concat_ws(E'\\n', head + taken[request] + number, p_ids[event], p_streams[request], befores[request] + number,
        p_types[event], p_versions[event], now_text, octet_length(p_metas[request]), p_metas[request], p_data[event]), 'UTF8'));
      hashes[event] := last_hash;
      requests[event] := request;
      total := taken[request] + number;
    end loop;
  end loop;
  if hashes is null then return; end if;

  with new_events as (
    insert into public.events (position, stream_id, version, event_id, type, schema_version, data, meta, project_id, about, recorded_at, hash)
    select head + taken[requests[i]] + i - given[requests[i]], p_streams[requests[i]], befores[requests[i]] + i - given[requests[i]], p_ids[i], p_types[i], p_versions[i],
      p_data[i]::json, p_metas[requests[i]]::json, p_projects[requests[i]], p_about[i], now_ms, hashes[i]
    from generate_series(1, event) as i where hashes[i] is not null
  ), new_streams as (
    insert into public.streams (stream_id, version, last_position, archived)
    select p_streams[r], versions[r], positions[r], p_archives[r] from generate_series(1, cardinality(p_streams)) as r where befores[r] = 0 and (verdicts[r] > 0) is not true
  ), old_streams as (
    update public.streams s set version = versions[r], last_position = positions[r], archived = p_archives[r]
    from generate_series(1, cardinality(p_streams)) as r where s.ctid = rows_before[r] and (verdicts[r] > 0) is not true
  ), new_commands as (
    insert into public.commands (command_id, stream_id, version, position, recorded_at)
    select p_commands[r], p_streams[r], versions[r], positions[r], now_ms from generate_series(1, cardinality(p_streams)) as r where (verdicts[r] > 0) is not true
  )
  update public.log_head set position = head + total, hash = last_hash, recorded_at = now_ms;
  -- The partition after the one just entered, so that the next is always there.
  if (head + total) / 10000000 > head / 10000000 then perform public.add_events_partition((head + total) / 10000000 + 1); end if;
  perform pg_notify('event_log', (head + total)::text);
end $$;
`;

/** The verdict of each request of a group in which at least one is not ok. */
const JUDGE_APPENDS = `
create function judge_appends(
  p_sets int[], p_streams text[], p_expected bigint[], p_commands uuid[], p_counts int[], p_befores bigint[], p_head bigint,
  out verdicts int[], out versions bigint[], out taken bigint[], out positions bigint[]
) ${AS_OWNER} as $$
begin
  with judged as (
    select r.*, c.version as first_version, c.position as first_position, case
      when c.position is not null then 1
      when s.archived then 4
      when ${IS_EXPECTED('r.expected', 'r.before')} then 0 else 2 end as judgement
    from unnest(p_sets, p_streams, p_expected, p_commands, p_counts, p_befores) with ordinality as r(set_number, stream_id, expected, command_id, event_count, before, request)
      ${STREAM_AND_COMMAND}
  ), settled as (
    select j.*, case when judgement = 0 and not bool_and(judgement = 0) over (partition by set_number) then 3 else judgement end as verdict from judged j
  ), placed as (
    select s.*, coalesce(sum(event_count) filter (where verdict = 0) over (order by request rows unbounded preceding), 0) as until from settled s
  )
  select array_agg(verdict order by request),
    array_agg(case verdict when 0 then before + event_count when 1 then first_version else before end order by request),
    array_agg(case verdict when 0 then until - event_count else until end order by request),
    array_agg(case verdict when 1 then first_position else p_head + until end order by request)
  into verdicts, versions, taken, positions from placed;
end $$;
`;

const APPEND_ONE = `
create function append_one(
  p_stream text, p_expected bigint, p_archives boolean, p_command uuid, p_meta text, p_project uuid, p_id uuid, p_type text, p_version int, p_data text, p_about text,
  out verdicts int[], out versions bigint[], out positions bigint[]
) ${AS_OWNER} as $$
begin
  with found as materialized (
    select h.position as head, h.hash, greatest(h.recorded_at, ${NOW}) as now_ms, h.position + 1 as position, coalesce(s.version, 0) as before, s.archived, c.position as done
    from public.log_head h left join public.streams s on s.stream_id = p_stream left join public.commands c on c.command_id = p_command and c.stream_id = p_stream
  ), head as (
    update public.log_head h set position = f.position, recorded_at = f.now_ms,
      hash = sha256(f.hash || convert_to(concat_ws(E'\\n', f.position, p_id, p_stream, f.before + 1, p_type, p_version, ${TIME('f.now_ms')}, octet_length(p_meta), p_meta, p_data), 'UTF8'))
    -- A difference and not an equation, which would be planned as a hash join.
    from found f where h.position - f.head = 0 and f.done is null and f.archived is not true and ${IS_EXPECTED('p_expected', 'f.before')}
      -- What is special goes the general way: a new partition, and what must be refused.
      and f.position % 10000000 > 0 and octet_length(p_data) + octet_length(p_meta) <= 262144
      and p_type ~ '^[A-Za-z0-9_-]+$' and octet_length(p_type) <= 128 and (f.before > 0 or p_stream ~ '^[A-Za-z0-9_]+-[A-Za-z0-9_-]+$' and length(p_stream) <= 128)
    returning h.position, h.hash, h.recorded_at, f.before + 1 as version
  ), new_event as (
    insert into public.events (position, stream_id, version, event_id, type, schema_version, data, meta, project_id, about, recorded_at, hash)
    select h.position, p_stream, h.version, p_id, p_type, p_version, p_data::json, p_meta::json, p_project, p_about, h.recorded_at, h.hash from head h
  ), new_stream as (
    insert into public.streams (stream_id, version, last_position, archived) select p_stream, h.version, h.position, p_archives from head h
    on conflict (stream_id) do update set version = excluded.version, last_position = excluded.last_position, archived = excluded.archived
  ), new_command as (
    insert into public.commands (command_id, stream_id, version, position, recorded_at) select p_command, p_stream, h.version, h.position, h.recorded_at from head h
  )
  select array[h.version], array[h.position], pg_notify('event_log', h.position::text) into versions, positions from head h;
  if versions is null then
    select a.verdicts, a.versions, a.positions into verdicts, versions, positions
    from public.append_many(array[1], array[p_stream], array[p_expected], array[p_archives], array[p_command], array[p_meta], array[p_project], array[1],
      array[p_id], array[p_type], array[p_version], array[p_data], array[p_about]) a;
  end if;
end $$;
`;

/** As the release before this one calls it, for as long as it still runs. It knows no archived streams: to it they changed. */
const APPEND_MANY_BEFORE = `
create or replace function append_many(
  p_sets int[], p_streams text[], p_expected bigint[], p_commands uuid[], p_metas text[], p_projects uuid[],
  p_requests int[], p_ids uuid[], p_types text[], p_versions smallint[], p_data text[], p_about text[]
) returns table (out_verdict text, out_version bigint, out_position bigint) language sql security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((array['duplicate', 'wrong-version', 'held-back', 'wrong-version'])[nullif(r.verdict, 0)], 'ok'), r.version, r.position
  from (
    select array_agg(request_events.n order by request_events.request) as counts, array_fill(false, array[cardinality(p_streams)]) as archives
    from (select request, count(*)::int as n from unnest(p_requests) as request group by request) request_events
  ) given,
    lateral public.append_many(p_sets, p_streams, p_expected, given.archives, p_commands, p_metas, p_projects, coalesce(given.counts, '{}'), p_ids, p_types, p_versions::int[], p_data, p_about) a,
    lateral unnest(coalesce(a.verdicts, array_fill(0, array[cardinality(p_streams)])), a.versions, a.positions) with ordinality as r(verdict, version, position, request)
  order by r.request
$$;
drop aggregate chain_hash(bytea, bytea);
drop function chain_step(bytea, bytea, bytea);

revoke execute on function was_carried_out, judge_appends, append_one,
  append_many(int[], text[], bigint[], boolean[], uuid[], text[], uuid[], int[], uuid[], text[], int[], text[], text[]) from public;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statements of [TABLES, JUDGE_APPENDS, APPEND_MANY, APPEND_ONE, APPEND_MANY_BEFORE]) await sql.raw(statements).execute(db);
};
