/**
 * Pieces of several attempts into rows, in five statements however many they are. Under the locks of their jobs' heads; of a
 * job one attempt at a time. A piece that follows what readers see without a gap gets its cursor as it is written.
 */
import { sql, type Selectable, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type Attempt = { readonly jobId: string; readonly attempt: number };
export type Piece = { readonly seq: number; readonly at: string; readonly text: string; readonly progress?: { readonly percent: number; readonly text: string } | undefined };
export type AttemptRow = Selectable<AgentMgmtDatabase['job_log_attempts']>;
/** An attempt as it stands under the lock of its job's head. */
export type LockedAttempt = AttemptRow & { readonly head: number; readonly has_waiting: boolean; /** Of the job's other attempts. */ readonly other_bytes: number };
/** What is written of an attempt, and how it stands then. */
export type Written = {
  readonly row: LockedAttempt; readonly pieces: readonly Piece[];
  readonly cutSeq: number | null; readonly isMasked: boolean;
  /** When a gap is asked for that is new, and when a log that is whole now is compared. */
  readonly askAt: Date; readonly now: Date;
};

/** What a piece counts beside its text, so that empty ones come to an end too. */
const PIECE_BYTES = 32;

/** PostgreSQL's text has no NUL. */
export const storable = (text: string): string => text.replaceAll('\0', '\u{fffd}');
export const bytesOf = ({ text, progress }: Piece): number => Buffer.byteLength(storable(text)) + Buffer.byteLength(storable(progress?.text ?? '')) + PIECE_BYTES;

const valuesOf = (attempts: readonly Attempt[]) => sql`unnest(${attempts.map(({ jobId }) => jobId)}::uuid[], ${attempts.map(({ attempt }) => attempt)}::int[])`;

/** In the order of their ids, as everybody locks them who locks several. */
export const lockAttempts = async (trx: Transaction<AgentMgmtDatabase>, attempts: readonly Attempt[]): Promise<LockedAttempt[]> => {
  const { rows: heads } = await sql<{ job_id: string; last_cursor: number }>`
    insert into job_log_heads as h (job_id, last_cursor) select distinct u.job_id, 0 from ${valuesOf(attempts)} as u (job_id, attempt) order by u.job_id
    on conflict (job_id) do update set last_cursor = h.last_cursor returning job_id, last_cursor`.execute(trx);
  // What waits is asked behind the heads' locks: nobody else adds to these jobs now.
  const { rows } = await sql<LockedAttempt>`
    insert into job_log_attempts as a (job_id, attempt) select u.* from ${valuesOf(attempts)} as u (job_id, attempt) order by u.job_id, u.attempt
    on conflict (job_id, attempt) do update set released_seq = a.released_seq
    returning a.*, exists (select from job_log l where l.job_id = a.job_id and l.attempt = a.attempt and l.cursor is null) as has_waiting,
      (select coalesce(sum(o.bytes), 0)::float8 from job_log_attempts o where o.job_id = a.job_id and o.attempt <> a.attempt) as other_bytes`.execute(trx);
  const headOf = new Map(heads.map((row) => [row.job_id, row.last_cursor]));
  return rows.map((row) => ({ ...row, head: headOf.get(row.job_id) ?? 0 }));
};

type Placed = { readonly row: LockedAttempt; readonly piece: Piece; readonly cursor: number | null };

/** Each piece once, and only those that are not there for certain; with cursors as far as nothing is missing. */
const place = ({ row, pieces }: Written): Placed[] => {
  const fresh = [...new Map(pieces.filter(({ seq }) => seq > row.released_seq).toReversed().map((piece) => [piece.seq, piece])).values()].toSorted((a, b) => a.seq - b.seq);
  return fresh.map((piece, index) => ({ row, piece, cursor: !row.has_waiting && piece.seq === row.released_seq + index + 1 ? row.head + index + 1 : null }));
};

const insert = async (trx: Transaction<AgentMgmtDatabase>, placed: readonly Placed[]): Promise<{ job_id: string; attempt: number; seq: number }[]> => {
  if (placed.length === 0) return [];
  const { rows } = await sql<{ job_id: string; attempt: number; seq: number }>`
    insert into job_log (job_id, attempt, seq, at, text, progress_percent, progress_text, cursor)
    select * from unnest(
      ${placed.map(({ row }) => row.job_id)}::uuid[], ${placed.map(({ row }) => row.attempt)}::int[], ${placed.map(({ piece }) => piece.seq)}::int[],
      ${placed.map(({ piece }) => piece.at)}::timestamptz[], ${placed.map(({ piece }) => storable(piece.text))}::text[],
      ${placed.map(({ piece }) => piece.progress?.percent ?? null)}::real[], ${placed.map(({ piece }) => (piece.progress ? storable(piece.progress.text) : null))}::text[],
      ${placed.map(({ cursor }) => cursor)}::bigint[])
    on conflict (job_id, attempt, seq) do nothing returning job_id, attempt, seq`.execute(trx);
  return rows;
};

/** Cursors for the pieces that follow without a gap; `all`: for every piece, because the missing ones will not come. */
export const release = async (trx: Transaction<AgentMgmtDatabase>, row: Pick<LockedAttempt, 'job_id' | 'attempt' | 'released_seq' | 'head'>, { all }: { all: boolean }): Promise<{ released: number; head: number }> => {
  const { rows } = await sql<{ seq: number }>`
    with waiting as (
      select seq, row_number() over (order by seq) as n from job_log where job_id = ${row.job_id} and attempt = ${row.attempt} and cursor is null
        -- Nothing is counted while the next piece is missing: thousands may wait behind it, and be asked about with each that comes.
        and (${all} or exists (select from job_log next where next.job_id = ${row.job_id} and next.attempt = ${row.attempt} and next.seq = ${row.released_seq}::int + 1))
    )
    update job_log l set cursor = ${row.head}::bigint + w.n from waiting w
    where l.job_id = ${row.job_id} and l.attempt = ${row.attempt} and l.seq = w.seq and (${all} or w.seq = ${row.released_seq}::int + w.n)
    returning l.seq`.execute(trx);
  return { released: Math.max(row.released_seq, ...rows.map(({ seq }) => seq)), head: row.head + rows.length };
};

type Standing = { readonly written: Written; readonly released: number; readonly head: number; readonly bytes: number; readonly isWaiting: boolean };

const isWhole = ({ written: { row }, released }: Standing): boolean => row.ended_at !== null && row.expected_chunks !== null && released >= row.expected_chunks;
const checkAtOf = (standing: Standing): Date | null => {
  const { written: { row, askAt, now }, isWaiting } = standing;
  if (isWhole(standing)) return now;
  return row.check_at ?? (isWaiting ? askAt : null);
};

const move = async (trx: Transaction<AgentMgmtDatabase>, standings: readonly Standing[]): Promise<void> => {
  const of = <Value>(value: (standing: Standing) => Value): Value[] => standings.map(value);
  const ids = of(({ written: { row } }) => row.job_id);
  await sql`
    with heads as (update job_log_heads h set last_cursor = u.last_cursor from unnest(${ids}::uuid[], ${of(({ head }) => head)}::bigint[]) as u (job_id, last_cursor) where h.job_id = u.job_id)
    update job_log_attempts a set released_seq = u.released_seq, bytes = a.bytes + u.bytes, cut_seq = u.cut_seq, check_at = u.check_at, masked = a.masked or u.masked
    from unnest(
      ${ids}::uuid[], ${of(({ written: { row } }) => row.attempt)}::int[], ${of(({ released }) => released)}::int[], ${of(({ bytes }) => bytes)}::bigint[],
      ${of(({ written }) => written.cutSeq)}::int[], ${of(checkAtOf)}::timestamptz[], ${of(({ written }) => written.isMasked)}::boolean[]) as u (job_id, attempt, released_seq, bytes, cut_seq, check_at, masked)
    where a.job_id = u.job_id and a.attempt = u.attempt`.execute(trx);
};

const standingOf = async (trx: Transaction<AgentMgmtDatabase>, written: Written, { own, placed }: { own: readonly Placed[]; placed: readonly Placed[] }): Promise<Standing> => {
  const { row } = written;
  const bytes = own.reduce((sum, { piece }) => sum + bytesOf(piece), 0);
  if (!row.has_waiting) {
    const shown = placed.filter(({ cursor }) => cursor !== null).length;
    return { written, bytes, released: row.released_seq + shown, head: row.head + shown, isWaiting: shown < placed.length };
  }
  const { released, head } = await release(trx, row, { all: false });
  const left = await trx.selectFrom('job_log').select('seq').where('job_id', '=', row.job_id).where('attempt', '=', row.attempt).where('cursor', 'is', null).limit(1).executeTakeFirst();
  return { written, bytes, released, head, isWaiting: left !== undefined };
};

export type Added = { /** How many pieces were new. */ readonly stored: number; /** The attempt has ended, and nothing of its log is missing. */ readonly isWhole: boolean };

/** Of a job one attempt. In the order in which they are given. */
export const writeAll = async (trx: Transaction<AgentMgmtDatabase>, all: readonly Written[]): Promise<Added[]> => {
  const placed = new Map(all.map((written) => [written, place(written)]));
  const stored = new Set((await insert(trx, [...placed.values()].flat())).map((row) => `${row.job_id}/${row.attempt}/${row.seq}`));
  const standings: Standing[] = [];
  const added: Added[] = [];
  for (const written of all) {
    const mine = placed.get(written) ?? [];
    const own = mine.filter(({ row, piece }) => stored.has(`${row.job_id}/${row.attempt}/${piece.seq}`));
    if (own.length === 0) {
      added.push({ stored: 0, isWhole: false });
      continue;
    }
    const standing = await standingOf(trx, written, { own, placed: mine });
    standings.push(standing);
    added.push({ stored: own.length, isWhole: isWhole(standing) });
  }
  if (standings.length > 0) await move(trx, standings);
  return added;
};
