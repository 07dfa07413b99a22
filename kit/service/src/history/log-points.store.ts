/** From an instant to a position in the log and back: times never go back within a log, so this is a binary search. */
import type { Pool } from 'pg';

export type Point = { readonly position: number; readonly at: string | null };

const POSITION_AT = `
  with recursive search (low, high) as (
    select 0::bigint, position from public.log_head
    union all
    select case when middle.recorded_at <= $1 then middle.position else low end, case when middle.recorded_at <= $1 then high else middle.position - 1 end
    from search join public.events as middle on middle.position = (low + high + 1) / 2
    where low < high
  )
  select low as position from search where low = high limit 1`;

export type LogPoints = {
  /** The last event until then, itself included; 0 before the first one. */
  positionAt(instant: string): Promise<number>;
  /** When the event at this position was appended; undefined when the log does not reach that far. */
  at(position: number): Promise<Point | undefined>;
};

export const openLogPoints = (pool: Pool): LogPoints => ({
  positionAt: async (instant) => {
    const { rows } = await pool.query<{ position: string }>({ name: 'position_at', text: POSITION_AT, values: [instant] });
    return Number(rows[0]?.position ?? 0);
  },
  at: async (position) => {
    if (position === 0) return { position, at: null };
    const { rows } = await pool.query<{ recorded_at: Date }>({ name: 'time_of_position', text: 'select recorded_at from public.events where position = $1', values: [position] });
    return rows[0] && { position, at: rows[0].recorded_at.toISOString() };
  },
});
