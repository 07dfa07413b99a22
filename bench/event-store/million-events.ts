/** A long log in a minute: the statement of `append_many` without its requests, so hash chain and versions are as appended. */
import type { Pool } from 'pg';

/** Every stream has as many events as every other one. */
export const STREAMS = 50_000;
const AT_ONCE = 100_000;

/** The log itself computes its hashes without an aggregate; this one is for this connection only. */
const CHAIN = `
create or replace function pg_temp.chain_step(state bytea, first bytea, bytes bytea) returns bytea language sql immutable as $$ select sha256(coalesce(state, first) || bytes) $$;
create or replace aggregate pg_temp.chain_hash(first bytea, bytes bytea) (sfunc = pg_temp.chain_step, stype = bytea)`;

/** About 415 bytes of JSON an event, in two documents as a service writes them. */
const FILL = `
with head as (select position, hash, greatest(recorded_at, date_trunc('milliseconds', clock_timestamp())) as now_ms from log_head), made as (
  select head.position + n as position, 'server-' || md5((((head.position + n - 1) * 7919) % ${STREAMS})::text)::uuid as stream_id, (head.position + n - 1) / ${STREAMS} + 1 as version,
    uuidv7() as event_id, case (head.position + n) % 4 when 0 then 'Renamed' when 1 then 'Requested' when 2 then 'Activated' else 'Measured' end as type,
    format('{"serverId":"%s","name":"web-%s","region":"ams3","size":"s-2vcpu-4gb","amount":%s,"note":"a machine of the fleet, as large as most of them","tags":["blue","canary"]}',
      md5((((head.position + n - 1) * 7919) % ${STREAMS})::text)::uuid, n, n % 100) as data,
    format('{"commandId":"%s","actor":{"kind":"user","id":"0198c0de-0000-7000-8000-000000000002"},"projectId":"0198c0de-0000-7000-8000-000000000001","correlationId":"0198c0de-0000-7000-8000-%s"}',
      gen_random_uuid(), lpad(n::text, 12, '0')) as meta
  from head, generate_series(1, $1::int) as n
)
insert into events (position, stream_id, version, event_id, type, schema_version, data, meta, project_id, about, recorded_at, hash)
select made.position, stream_id, version, event_id, type, 1, data::json, meta::json, '0198c0de-0000-7000-8000-000000000001', (data::json)->>'serverId', now_ms,
  pg_temp.chain_hash(head.hash, convert_to(concat_ws(E'\\n', made.position, event_id, stream_id, version, type, 1,
    to_char(now_ms at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), octet_length(meta), meta, data), 'UTF8')) over (order by made.position)
from made, head order by made.position`;

/** As the log's owner, who may insert; in steps, each committed with the head that belongs to it. */
export const fillLog = async (owner: Pool, events: number): Promise<void> => {
  const client = await owner.connect();
  try {
    await client.query(CHAIN);
    for (let filled = 0; filled < events; filled += AT_ONCE) {
      await client.query('begin');
      await client.query(FILL, [Math.min(AT_ONCE, events - filled)]);
      await client.query('update log_head set (position, hash, recorded_at) = (select position, hash, recorded_at from events order by position desc limit 1)');
      await client.query('commit');
    }
    await client.query('insert into streams (stream_id, version, last_position) select stream_id, max(version), max(position) from events group by stream_id on conflict (stream_id) do update set version = excluded.version, last_position = excluded.last_position');
    await client.query('vacuum (analyze) events');
  } finally {
    client.release();
  }
};
