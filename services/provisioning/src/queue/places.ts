/**
 * The order in which waiting servers have their turn, as SQL: by priority, which grows by one for every ten minutes of
 * waiting so that nobody waits for ever; among equals each project's first, then each project's second, so that one with
 * a hundred does not keep another with one; then by age. Each cloud has its own queue.
 */
import { sql } from 'kysely';

const AGES_AFTER = sql`interval '10 minutes'`;

/** Rows of `server_id, place, total`. */
export const PLACES = sql`
  select server_id,
    row_number() over (partition by cloud_id order by urgency, turn, since, server_id) as place,
    count(*) over (partition by cloud_id) as total
  from (
    select *, row_number() over (partition by cloud_id, urgency, project_id order by since, server_id) as turn
    from (select *, greatest(0, priority - floor(extract(epoch from now() - since) / extract(epoch from ${AGES_AFTER}))) as urgency from server_queue where is_waiting) waiting
  ) ranked`;
