/** What stands beside the events and must agree with them: the head, and the versions of the streams. Sets, not rows. */
import type { LogProblem } from '@citrus/contracts';
import type { Pool } from 'pg';

export type LogEnds = { readonly head: number; readonly hash: Buffer; readonly first: number | undefined; readonly last: number | undefined };

/** In one statement, so that an append in between cannot make them differ. */
export const readEnds = async (pool: Pool): Promise<LogEnds> => {
  const { rows } = await pool.query<{ head: string; hash: Buffer; first: string | null; last: string | null }>(
    'select position as head, hash, (select min(position) from public.events) as first, (select max(position) from public.events) as last from public.log_head',
  );
  const [row] = rows;
  if (!row) return { head: 0, hash: Buffer.alloc(0), first: undefined, last: undefined };
  return { head: Number(row.head), hash: row.hash, first: row.first === null ? undefined : Number(row.first), last: row.last === null ? undefined : Number(row.last) };
};

export const readHashes = async (pool: Pool, from: number, to: number): Promise<Map<number, Buffer>> => {
  const { rows } = await pool.query<{ position: string; hash: Buffer }>('select position, hash from public.events where position between $1 and $2 order by position', [from, to]);
  return new Map(rows.map(({ position, hash }) => [Number(position), hash]));
};

const MOST = 100;

/** By induction over stretches: each event follows its stream's event before it, and no other one has its version. */
const VERSIONS = `
  with stretch as (
    select position, stream_id, version, lag(version) over own as before, lead(version) over own is null as is_last
    from public.events where position > $1 and position <= $2 window own as (partition by stream_id order by position)
  )
  select position, stream_id, version, 'version' as fault from stretch where before is not null and version <> before + 1
  union all
  select position, stream_id, version, 'version' from stretch as event
  where before is null and (
    (version <> 1 and not exists (select 1 from public.events as e where e.stream_id = event.stream_id and e.version = event.version - 1 and e.position < event.position))
    or exists (select 1 from public.events as e where e.stream_id = event.stream_id and e.version = event.version and e.position <= $1))
  union all
  select position, stream_id, event.version, 'stream' from stretch as event left join public.streams as s using (stream_id)
  where is_last and (s.version is null or s.version < event.version or s.last_position < position or (s.version = event.version) <> (s.last_position = position))
  order by position limit ${MOST}`;

type VersionFault = { readonly position: string; readonly stream_id: string; readonly version: string; readonly fault: 'version' | 'stream' };

export const versionProblems = async (pool: Pool, after: number, upTo: number): Promise<LogProblem[]> => {
  const { rows } = await pool.query<VersionFault>(VERSIONS, [after, upTo]);
  return rows.map(({ position, stream_id: stream, version, fault }) => ({
    position: Number(position), kind: 'inconsistent',
    message: fault === 'version' ? `version ${version} of ${stream} does not follow the version before it` : `the table of streams does not know version ${version} of ${stream}`,
  }));
};

/** Streams that claim a last event which there is not; looked for once, when the whole log was seen. */
export const streamProblems = async (pool: Pool): Promise<LogProblem[]> => {
  const { rows } = await pool.query<{ stream_id: string; last_position: string }>(
    `select s.stream_id, s.last_position from public.streams as s left join public.events as e on e.position = s.last_position
     where e.position is null or e.stream_id <> s.stream_id or e.version <> s.version order by s.last_position limit ${MOST}`,
  );
  return rows.map(({ stream_id: stream, last_position: position }) => ({ position: Number(position), kind: 'inconsistent', message: `the table of streams says that ${stream} ends here, and it does not` }));
};
