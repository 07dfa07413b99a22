/** The only writer of the log: a call of the SQL function `append_many`. */
import type { Pool } from 'pg';
import type { EncodedAppend } from './append-request.ts';

export type Verdict = { readonly verdict: 'ok' | 'duplicate' | 'wrong-version' | 'held-back'; readonly version: number; readonly position: number };

const APPEND_MANY =
  'select out_verdict as verdict, out_version as version, out_position as position from public.append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)';

const parametersOf = (sets: readonly (readonly EncodedAppend[])[]): unknown[] => {
  const requests = sets.flatMap((set, setNumber) => set.map((append) => ({ ...append, setNumber })));
  const events = requests.flatMap((request, index) => request.events.map((event) => ({ ...event, request: index + 1 })));
  return [
    requests.map(({ setNumber }) => setNumber), requests.map(({ stream }) => stream), requests.map(({ expected }) => expected),
    requests.map(({ commandId }) => commandId), requests.map(({ meta }) => meta), requests.map(({ projectId }) => projectId),
    events.map(({ request }) => request), events.map(({ id }) => id), events.map(({ type }) => type), events.map(({ version }) => version), events.map(({ data }) => data), events.map(({ about }) => about),
  ];
};

/** Sets of appends, each all or nothing; the verdicts are in the same order. */
export const appendMany = (pool: Pool) => async (sets: readonly (readonly EncodedAppend[])[]): Promise<Verdict[][]> => {
  const { rows } = await pool.query<{ verdict: Verdict['verdict']; version: string; position: string }>({ name: 'append_many', text: APPEND_MANY, values: parametersOf(sets) });
  const verdicts = rows.map(({ verdict, version, position }) => ({ verdict, version: Number(version), position: Number(position) }));
  let from = 0;
  return sets.map((set) => verdicts.slice(from, (from += set.length)));
};
