/**
 * Which event led to which, and where an event with an id stands. Frozen: a change is a new migration.
 *
 * Filled behind the head (`links/keep-links.ts`), so that an append costs nothing more. Ids of causes and correlations
 * come from outside; they are cut, because an index entry has a largest size and one event must not stop the rest.
 */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table event_links (
  event_id uuid primary key,
  position bigint not null,
  causation_id text,
  correlation_id text
);
create index event_links_by_cause on event_links (causation_id, position) where causation_id is not null;
create index event_links_by_correlation on event_links (correlation_id, position) where correlation_id is not null;
`;

/** PostgreSQL stores an escaped NUL or half a surrogate pair in JSON, but refuses to look into it: here they become U+FFFD. */
const READABLE = `
create function readable_json(value json) returns json language sql immutable parallel safe strict as $$
  select case
    when value::text ~ '\\\\u(0000|[dD][89a-fA-F])' then regexp_replace(value::text, '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\ufffd', 'g')::json
    else value end
$$;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statements of [TABLES, READABLE]) await sql.raw(statements).execute(db);
};
