/**
 * The folded state of long streams at some version, so that a load need not begin at the beginning. Disposable: without
 * them everything takes longer and is the same. A command whose events lie before the snapshot is known from `commands`.
 */
import type { SnapshotRule } from '@citrus/kit-domain';
import type { Pool } from 'pg';

export type Snapshot = { readonly state: unknown; readonly version: number; readonly position: number };

const READ = `
  select state, version, position, public.was_carried_out($4, stream_id) as was_carried_out
  from public.snapshots where stream_id = $1 and decider = $2 and decider_version = $3`;

/** In one statement, so that a command is known if its events lie before the snapshot. */
export const readSnapshot = async (pool: Pool, { stream, rule, commandId }: { stream: string; rule: SnapshotRule; commandId: string }): Promise<(Snapshot & { readonly wasCarriedOut: boolean }) | undefined> => {
  const { rows: [row] } = await pool.query<{ state: unknown; version: string; position: string; was_carried_out: boolean }>({ name: 'read_snapshot', text: READ, values: [stream, rule.name, rule.version, commandId] });
  return row && { state: row.state, version: Number(row.version), position: Number(row.position), wasCarriedOut: row.was_carried_out };
};

const WRITE = `
  insert into public.snapshots as s (stream_id, decider, decider_version, version, position, state) values ($1, $2, $3, $4, $5, $6)
  on conflict (stream_id, decider) do update
    set decider_version = excluded.decider_version, version = excluded.version, position = excluded.position, state = excluded.state, taken_at = now()
    where (s.decider_version, s.version) < (excluded.decider_version, excluded.version)`;

/** Never replaces a later one, nor that of a newer release. */
export const writeSnapshot = async (pool: Pool, { stream, rule, snapshot }: { stream: string; rule: SnapshotRule; snapshot: Snapshot }): Promise<void> => {
  await pool.query({ name: 'write_snapshot', text: WRITE, values: [stream, rule.name, rule.version, snapshot.version, snapshot.position, JSON.stringify(snapshot.state)] });
};
