/**
 * What people with SQL may see: the schema `analyst`, views and nothing else. Frozen: a change is a new migration.
 *
 * Views run with their owner's rights, so a reader needs no right on a table. What a payload keeps under lock (sealed
 * values, hashes, tokens) is left out by the name of its field. Which read models are shown, and which of their columns,
 * stands in `analyst_setup.views`, which neither the service nor an analyst can enter.
 */
import { sql, type Kysely } from 'kysely';

const EVENTS = `
create schema analyst;

-- By name, because a payload says nothing else about a field. Each event has one level of fields that may be secret.
create function analyst.open_fields(data json) returns json language sql immutable parallel safe strict as $$
  select case
    when data::text ~* '"(sealed|secret|password|token|[^"]*(hash|secret|password|token)")' and json_typeof(data) = 'object' then
      (select coalesce(json_object_agg(key, value order by ordinality), '{}')
       from json_each(public.readable_json(data)) with ordinality
       where key !~* '^(sealed|secret|password|token)|(hash|secret|password|token)$')
    else public.readable_json(data) end
$$;

create view analyst.events as
  select position, event_id, stream_id as stream, split_part(stream_id, '-', 1) as aggregate, substr(stream_id, strpos(stream_id, '-') + 1) as aggregate_id,
    version, type, schema_version, recorded_at as at,
    public.readable_json(meta) -> 'actor' ->> 'kind' as actor_kind, public.readable_json(meta) -> 'actor' ->> 'id' as actor_id, project_id,
    public.readable_json(meta) ->> 'correlationId' as correlation_id, public.readable_json(meta) ->> 'causationId' as causation_id,
    analyst.open_fields(data) as data
  from public.events;
comment on view analyst.events is 'Every event of this log; causation_id is the event_id of the one that caused it, in this log or another one.';
`;

const READ_MODELS = `
create schema analyst_setup;
create table analyst_setup.views (name text primary key, columns text[] not null);

-- A view follows its table wherever it is moved; this binds each to the table that stands in public now.
create function refresh_analyst_views() returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  shown record;
  picked text;
begin
  for shown in select * from analyst_setup.views order by name loop
    select string_agg(case a.atttypid when 'json'::regtype then format('public.readable_json(%1$I) as %1$I', a.attname) else quote_ident(a.attname) end, ', ' order by c.place) into picked
    from unnest(shown.columns) with ordinality as c(name, place)
    join pg_attribute a on a.attrelid = to_regclass(format('public.%I', shown.name)) and a.attname = c.name and a.attnum > 0 and not a.attisdropped;
    if picked is null then
      execute format('drop view if exists analyst.%I', shown.name);
      continue;
    end if;
    begin
      execute format('create or replace view analyst.%I as select %s from public.%I', shown.name, picked, shown.name);
    exception when invalid_table_definition then
      -- Other columns than before.
      execute format('drop view analyst.%I', shown.name);
      execute format('create view analyst.%I as select %s from public.%I', shown.name, picked, shown.name);
    end;
  end loop;
end $$;

revoke execute on function refresh_analyst_views from public;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statements of [EVENTS, READ_MODELS]) await sql.raw(statements).execute(db);
};
