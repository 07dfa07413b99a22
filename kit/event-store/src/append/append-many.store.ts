/** The only writer of the log: a call of `append_many`, or of its shorter way for a lone event, `append_one`. */
import type { Pool, QueryConfig } from 'pg';
import type { EncodedAppend, EncodedEvent } from './append-request.ts';
import { booleans, int4s, int8s, texts, uuids } from './binary-array.ts';

/** As the SQL functions number them. */
const VERDICTS = ['ok', 'duplicate', 'wrong-version', 'held-back', 'archived'] as const;
export type Verdict = { readonly verdict: (typeof VERDICTS)[number]; readonly version: number; readonly position: number };

/** Arrays as their text, `{1,2}`; no verdicts mean that all are ok. */
type Answer = { verdicts: string | null; versions: string; positions: string };

const asText = { getTypeParser: () => (value: string) => value };
const APPEND_MANY = { name: 'append_many', text: 'select * from public.append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)', types: asText };
const APPEND_ONE = { name: 'append_one', text: 'select * from public.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)', types: asText };

/**
 * Appends of one event each that have nothing to do with each other and stand in one commit all the same, so that several may
 * go to one stream. A function that writes sees what its calls before it wrote: each is judged behind the one before it.
 */
const APPEND_EACH = {
  name: 'append_each',
  text: `
    select a.verdicts, a.versions, a.positions
    from unnest($1::text[], $2::bigint[], $3::boolean[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::int[], $10::text[], $11::text[])
      with ordinality as r (stream, expected, archives, command_id, meta, project_id, event_id, type, version, data, about, number)
      cross join lateral public.append_one(r.stream, r.expected, r.archives, r.command_id, r.meta, r.project_id, r.event_id, r.type, r.version, r.data, r.about) as a
    order by r.number`,
  types: asText,
};

export type LoneAppend = { readonly append: EncodedAppend; readonly event: EncodedEvent };

const callForOne = (append: EncodedAppend, event: EncodedEvent): QueryConfig => ({
  ...APPEND_ONE,
  values: [append.stream, append.expected, append.archives, append.commandId, append.meta, append.projectId, event.id, event.type, event.version, event.data, event.about],
});

const callForEach = (all: readonly LoneAppend[]): QueryConfig => {
  const [appends, events] = [all.map(({ append }) => append), all.map(({ event }) => event)];
  return {
    ...APPEND_EACH,
    values: [
      texts(appends.map(({ stream }) => stream)), int8s(appends.map(({ expected }) => expected)), booleans(appends.map(({ archives }) => archives)), uuids(appends.map(({ commandId }) => commandId)),
      texts(appends.map(({ meta }) => meta)), uuids(appends.map(({ projectId }) => projectId)), uuids(events.map(({ id }) => id)), texts(events.map(({ type }) => type)), int4s(events.map(({ version }) => version)),
      texts(events.map(({ data }) => data)), texts(events.map(({ about }) => about)),
    ],
  };
};

const callForMany = (sets: readonly (readonly EncodedAppend[])[]): QueryConfig => {
  const appends = sets.flat();
  const events = appends.flatMap((append) => append.events);
  return {
    ...APPEND_MANY,
    values: [
      int4s(sets.flatMap((set, number) => set.map(() => number))), texts(appends.map(({ stream }) => stream)), int8s(appends.map(({ expected }) => expected)), booleans(appends.map(({ archives }) => archives)),
      uuids(appends.map(({ commandId }) => commandId)), texts(appends.map(({ meta }) => meta)), uuids(appends.map(({ projectId }) => projectId)), int4s(appends.map((append) => append.events.length)),
      uuids(events.map(({ id }) => id)), texts(events.map(({ type }) => type)), int4s(events.map(({ version }) => version)), texts(events.map(({ data }) => data)), texts(events.map(({ about }) => about)),
    ],
  };
};

const callFor = (sets: readonly (readonly EncodedAppend[])[]): QueryConfig => {
  const [append] = sets[0] ?? [];
  const [event] = append?.events ?? [];
  return append && event && sets.length === 1 && sets[0]?.length === 1 && append.events.length === 1 ? callForOne(append, event) : callForMany(sets);
};

const numbersOf = (array: string): number[] => array.slice(1, -1).split(',').map(Number);

/** One verdict after the other. */
const verdictsOf = (answer: Answer): (() => Verdict) => {
  const [versions, positions] = [numbersOf(answer.versions), numbersOf(answer.positions)];
  const verdicts = answer.verdicts === null ? [] : numbersOf(answer.verdicts);
  let next = 0;
  return () => {
    const [version, position] = [versions[next], positions[next]];
    const verdict = VERDICTS[verdicts[next] ?? 0];
    if (version === undefined || position === undefined || !verdict) throw new Error('append_many gave no verdict for an append');
    next += 1;
    return { verdict, version, position };
  };
};

/** Sets of appends, each all or nothing; the verdicts are in the same order. */
export const appendMany = (pool: Pool) => async (sets: readonly (readonly EncodedAppend[])[]): Promise<Verdict[][]> => {
  const { rows: [answer] } = await pool.query<Answer>(callFor(sets));
  if (!answer) throw new Error('append_many gave no answer');
  const next = verdictsOf(answer);
  return sets.map((set) => set.map(next));
};

/** All in one commit; the verdicts are in the same order. */
export const appendEach = (pool: Pool) => async (all: readonly LoneAppend[]): Promise<Verdict[]> => {
  const { rows } = await pool.query<Answer>(callForEach(all));
  if (rows.length !== all.length) throw new Error('append_one gave no answer for an append');
  return rows.map((answer) => verdictsOf(answer)());
};
