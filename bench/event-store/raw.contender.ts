/** The same row with the same uniqueness, one INSERT an append, in parallel: no order, no chain, no idempotency. */
import { randomUUID } from 'node:crypto';
import { openPool } from '@citrus/kit-event-store';
import { META, type OpenContender } from './contender.ts';

export const RAW_EVENTS = `create table raw_events (
  position bigint generated always as identity primary key, stream_id text not null, version bigint not null, event_id uuid not null, type text not null,
  schema_version smallint not null, data json not null, meta json not null, recorded_at timestamptz not null default now(), unique (stream_id, version))`;
const COLUMNS = 7;

export const open: OpenContender = async ({ url, callers }) => {
  const pool = openPool({ databaseUrl: url, max: callers });
  const statementOf = (batch: number) => ({
    name: `insert ${batch}`,
    text: `insert into raw_events (stream_id, version, event_id, type, schema_version, data, meta) values ${Array.from({ length: batch }, (_, row) => `(${Array.from({ length: COLUMNS }, (_, column) => `$${row * COLUMNS + column + 1}`).join()})`).join()}`,
  });
  const statements = new Map<number, ReturnType<typeof statementOf>>();
  return {
    append: (stream, version, payloads) => {
      const statement = statements.get(payloads.length) ?? statementOf(payloads.length);
      statements.set(payloads.length, statement);
      const meta = JSON.stringify({ ...META, commandId: randomUUID() });
      return pool.query({ ...statement, values: payloads.flatMap((data, index) => [stream, version + index + 1, randomUUID(), 'Measured', 1, JSON.stringify(data), meta]) });
    },
    close: () => pool.end(),
  };
};
