/** From an instant to a position: times never go back within a log, so this is a binary search and needs no index. */
import type { Pool } from 'pg';

const search = (comparison: '<=' | '<'): string => `
  with recursive search (low, high) as (
    select 0::bigint, position from public.log_head
    union all
    select case when found.recorded_at ${comparison} $1 then found.position else low end, case when found.recorded_at ${comparison} $1 then high else (low + high - 1) / 2 end
    from search cross join lateral (
      -- The next one there is: a damaged log is still to be read.
      select position, recorded_at from public.events where position >= (low + high + 1) / 2 order by position limit 1
    ) as found
    where low < high
  )
  select low as position from search where low >= high limit 1`;

const askedWith = (comparison: '<=' | '<', name: string) => async (pool: Pool, instant: string): Promise<number> => {
  const { rows } = await pool.query<{ position: string }>({ name, text: search(comparison), values: [instant] });
  return Number(rows[0]?.position ?? 0);
};

/** The last event until then, itself included; 0 before the first one. */
export const positionAt = askedWith('<=', 'position_at');

/** The last event that is older; 0 when there is none. */
export const positionBefore = askedWith('<', 'position_before');
