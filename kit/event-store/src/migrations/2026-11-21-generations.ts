/**
 * Read models that are built beside the one that is read, and take its place. Frozen: a change is a new migration.
 *
 * The rows that people read are plain tables in `public`. Those being built stand in `next_<projection>` and those
 * before the last switch in `previous_<projection>`, under the same table name; a switch moves tables between schemas.
 * The service's role may not define anything, so these functions do, as the owner; each touches only a table that the
 * caller could empty anyway. Order of locks: the checkpoint, the generation, the tables.
 */
import { sql, type Kysely } from 'kysely';

const TABLES = `
alter table checkpoints add column generation int not null default 1;

create table generations (
  projection text not null,
  place text not null check (place in ('next', 'previous')),
  generation int not null,
  version int not null,
  position bigint not null,
  -- How far they have been folded in memory; their table holds them up to position.
  progress bigint not null default 0,
  state text not null check (state in ('building', 'following')),
  -- Takes the place of the rows that are read by itself, when it has come as far as they have.
  switches boolean not null default false,
  -- The table was made by a migration, with columns of its own.
  own_shape boolean not null default false,
  error text,
  updated_at timestamptz not null default now(),
  primary key (projection, place)
);
`;

const CHECK = `
create function check_read_model(p_table text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  found pg_class;
begin
  select * into found from pg_class where oid = to_regclass(format('public.%I', p_table));
  if found.relkind is distinct from 'r' then raise exception 'there is no table public.%', p_table using errcode = 'undefined_table'; end if;
  if exists (select from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as privilege where not has_table_privilege(session_user, found.oid, privilege)) then
    raise exception '% may not empty public.%', session_user, p_table using errcode = 'insufficient_privilege';
  end if;
  if found.relrowsecurity or exists (select from pg_trigger where tgrelid = found.oid and not tgisinternal)
    or exists (select from pg_constraint where confrelid = found.oid and contype = 'f')
    or exists (select from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class c on c.oid = r.ev_class
      where d.classid = 'pg_rewrite'::regclass and d.refobjid = found.oid and c.relkind = 'm') then
    raise exception 'public.% has row security, a trigger, a reference to it or a materialized view of it, which cannot be carried over', p_table using errcode = 'object_not_in_prerequisite_state';
  end if;
end $$;
`;

const BUILD = `
create function copy_grants(p_from regclass, p_to regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  granted record;
begin
  for granted in
    select case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee, a.privilege_type, a.is_grantable, '' as columns
    from pg_class c, aclexplode(c.relacl) a where c.oid = p_from
    union all
    select case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, a.privilege_type, a.is_grantable, format('(%I)', t.attname)
    from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = p_from and not t.attisdropped
  loop
    execute format('grant %s %s on %s to %s %s', granted.privilege_type, granted.columns, p_to, granted.grantee, case when granted.is_grantable then 'with grant option' else '' end);
  end loop;
end $$;

-- Without key and indexes, which are made when the rows are in.
create function begin_generation(p_projection text, p_table text, p_version int, p_switches boolean) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
  live public.checkpoints;
  next_schema text := 'next_' || p_projection;
  previous_schema text := 'previous_' || p_projection;
  options text;
  is_own_shape boolean;
  number int;
begin
  perform public.check_read_model(p_table);
  select * into live from public.checkpoints where consumer = p_projection order by version desc limit 1 for update;
  if live is null or live.version > p_version then
    raise exception '% is not of version % here', p_projection, p_version using errcode = 'object_not_in_prerequisite_state';
  end if;
  is_own_shape := coalesce((select own_shape and version = p_version from public.generations where projection = p_projection and place = 'next'),
    p_version > live.version and to_regclass(format('%I.%I', next_schema, p_table)) is not null);
  select greatest(live.generation, coalesce(max(generation), 0)) + 1 into number from public.generations where projection = p_projection;

  execute format('drop table if exists %I.%I', previous_schema, p_table);
  execute format('drop schema if exists %I', previous_schema);
  if is_own_shape then
    execute format('truncate %I.%I', next_schema, p_table);
  else
    execute format('drop table if exists %I.%I', next_schema, p_table);
    execute format('create schema if not exists %I', next_schema);
    execute format('create table %I.%I (like public.%I including all excluding indexes)', next_schema, p_table, p_table);
    select array_to_string(reloptions, ', ') into options from pg_class where oid = format('public.%I', p_table)::regclass;
    if options is not null then execute format('alter table %I.%I set (%s)', next_schema, p_table, options); end if;
  end if;
  execute format('grant usage on schema %I to %I', next_schema, session_user);
  perform public.copy_grants(format('public.%I', p_table)::regclass, format('%I.%I', next_schema, p_table)::regclass);

  delete from public.generations where projection = p_projection;
  insert into public.generations (projection, place, generation, version, position, state, switches, own_shape)
  values (p_projection, 'next', number, p_version, 0, 'building', p_switches, is_own_shape);
  return number;
end $$;

-- Key and indexes under the names that they have in public, so that later migrations find them.
create function complete_generation(p_projection text, p_table text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  live regclass := format('public.%I', p_table);
  made text := format('%I.%I', 'next_' || p_projection, p_table);
  part record;
begin
  perform public.check_read_model(p_table);
  if not (select own_shape from public.generations where projection = p_projection and place = 'next' for update) then
    for part in
      select conname, pg_get_constraintdef(oid) as definition from pg_constraint
      where conrelid = live and contype in ('p', 'u', 'x', 'f') and conname not in (select conname from pg_constraint where conrelid = made::regclass) order by contype <> 'p', conname
    loop
      execute format('alter table %s add constraint %I %s', made, part.conname, part.definition);
    end loop;
    for part in
      select c.relname, pg_get_indexdef(i.indexrelid) as definition from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = live and i.indisvalid and not exists (select from pg_constraint where conindid = i.indexrelid and conrelid = live)
        and c.relname not in (select n.relname from pg_index m join pg_class n on n.oid = m.indexrelid where m.indrelid = made::regclass)
    loop
      execute replace(part.definition, format(' ON public.%I ', p_table), format(' ON %s ', made));
    end loop;
  end if;
  execute format('analyze %s', made);
end $$;
`;

const SWITCH = `
-- Views hold on to a table wherever it goes; they are to show what stands in public.
create function views_on(p_table regclass) returns table (view_name text, definition text, options text) language sql stable set search_path = pg_catalog, pg_temp as $$
  select distinct format('%I.%I', n.nspname, c.relname), pg_get_viewdef(c.oid), coalesce('with (' || array_to_string(c.reloptions, ', ') || ')', '')
  from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
  where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = p_table and c.relkind = 'v'
    and not (n.nspname = 'analyst' and to_regprocedure('public.refresh_analyst_views()') is not null)
$$;

-- Moves the rows that are read away, and others into their place.
create function exchange_tables(p_table text, p_from text, p_to text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  views jsonb := (select coalesce(jsonb_agg(v), '[]') from public.views_on(format('public.%I', p_table)::regclass) v);
  view record;
begin
  execute format('alter table public.%I set schema %I', p_table, p_to);
  execute format('alter table %I.%I set schema public', p_from, p_table);
  for view in select * from jsonb_to_recordset(views) as v(view_name text, definition text, options text) loop
    execute format('create or replace view %s %s as %s', view.view_name, view.options, view.definition);
  end loop;
  if to_regprocedure('public.refresh_analyst_views()') is not null then perform public.refresh_analyst_views(); end if;
end $$;

create function switch_generation(p_projection text, p_table text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
  live public.checkpoints;
  next public.generations;
  next_schema text := 'next_' || p_projection;
  previous_schema text := 'previous_' || p_projection;
begin
  perform public.check_read_model(p_table);
  select * into live from public.checkpoints where consumer = p_projection order by version desc limit 1 for update;
  select * into next from public.generations where projection = p_projection and place = 'next' for update;
  if next is null or next.state <> 'following' or next.position < live.position then
    raise exception 'the next rows of % are not as far as those that are read', p_projection using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format('lock table public.%I, %I.%I in access exclusive mode', p_table, next_schema, p_table);
  execute format('drop table if exists %I.%I', previous_schema, p_table);
  execute format('create schema if not exists %I', previous_schema);
  execute format('grant usage on schema %I to %I', previous_schema, session_user);
  perform public.exchange_tables(p_table, next_schema, previous_schema);
  execute format('drop schema %I', next_schema);
  delete from public.generations where projection = p_projection;
  insert into public.generations (projection, place, generation, version, position, state)
  values (p_projection, 'previous', live.generation, live.version, live.position, 'following');
  -- Changed in place: whoever waits for this row goes on with it, or finds another version.
  update public.checkpoints set version = next.version, position = next.position, generation = next.generation, updated_at = now()
  where consumer = p_projection and version = live.version;
end $$;

create function rollback_generation(p_projection text, p_table text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
  live public.checkpoints;
  previous public.generations;
  previous_schema text := 'previous_' || p_projection;
  between_schema text := 'between_' || p_projection;
begin
  perform public.check_read_model(p_table);
  select * into live from public.checkpoints where consumer = p_projection order by version desc limit 1 for update;
  select * into previous from public.generations where projection = p_projection and place = 'previous' for update;
  if previous is null or previous.position < live.position then
    raise exception 'the previous rows of % are not as far as those that are read', p_projection using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format('lock table public.%I, %I.%I in access exclusive mode', p_table, previous_schema, p_table);
  execute format('create schema %I', between_schema);
  perform public.exchange_tables(p_table, previous_schema, between_schema);
  execute format('alter table %I.%I set schema %I', between_schema, p_table, previous_schema);
  execute format('drop schema %I', between_schema);
  update public.generations set generation = live.generation, version = live.version, position = live.position, state = 'following', error = null, updated_at = now()
  where projection = p_projection and place = 'previous';
  update public.checkpoints set version = previous.version, position = previous.position, generation = previous.generation, updated_at = now()
  where consumer = p_projection and version = live.version;
end $$;

create function drop_generation(p_projection text, p_table text, p_place text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms' as $$
declare
  place_schema text := p_place || '_' || p_projection;
begin
  perform public.check_read_model(p_table);
  delete from public.generations where projection = p_projection and place = p_place;
  if not found then return; end if;
  execute format('drop table %I.%I', place_schema, p_table);
  execute format('drop schema %I', place_schema);
end $$;

revoke execute on function check_read_model, copy_grants, begin_generation, complete_generation, views_on, exchange_tables, switch_generation, rollback_generation, drop_generation from public;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statements of [TABLES, CHECK, BUILD, SWITCH]) await sql.raw(statements).execute(db);
};
