/** What must be true of a log, of its copy and of its readers, whatever happened. Each gives what is wrong, in words. */
import { createHash } from 'node:crypto';
import type { EventEnvelope } from '@citrus/contracts';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import type { Acknowledged, Outcome } from './writer.ts';

type Row = {
  position: number; event_id: string; stream_id: string; version: number; type: string; schema_version: number;
  recorded_at: Date; meta: string; data: string; hash: Buffer; command: string;
};

const readAll = async (pool: Pool): Promise<Row[]> =>
  (await pool.query<Row>(`select position, event_id, stream_id, version, type, schema_version, recorded_at, meta::text, data::text, hash, meta->>'commandId' as command from public.events order by position`)).rows;

const MOST_PROBLEMS = 10;
const few = (problems: readonly string[]): string[] => problems.slice(0, MOST_PROBLEMS);

/** Bytes as documented in `migrations/2026-11-21-event-log.ts`. */
const nextHash = (previous: Buffer, row: Row): Buffer =>
  createHash('sha256').update(previous)
    .update([row.position, row.event_id, row.stream_id, row.version, row.type, row.schema_version, row.recorded_at.toISOString(), Buffer.byteLength(row.meta), row.meta, row.data].join('\n')).digest();

const auditOrder = (rows: readonly Row[]): string[] => {
  const problems: string[] = [];
  const versions = new Map<string, number>();
  let hash = Buffer.alloc(32);
  for (const [index, row] of rows.entries()) {
    if (row.position !== index + 1) problems.push(`position ${row.position} stands at place ${index + 1}`);
    const version = (versions.get(row.stream_id) ?? 0) + 1;
    if (row.version !== version) problems.push(`${row.stream_id} has version ${row.version} at position ${row.position}, not ${version}`);
    versions.set(row.stream_id, row.version);
    if (row.recorded_at < (rows[index - 1]?.recorded_at ?? row.recorded_at)) problems.push(`the time goes back at position ${row.position}`);
    hash = nextHash(hash, row) as Buffer<ArrayBuffer>;
    if (!row.hash.equals(hash)) problems.push(`the chain is broken at position ${row.position}`);
    hash = row.hash as Buffer<ArrayBuffer>;
  }
  return problems;
};

const auditPromises = (rows: readonly Row[], outcomes: readonly Outcome[]): string[] => {
  const kept = Map.groupBy(rows, ({ command, stream_id }) => `${command} ${stream_id}`);
  const commands = new Set(rows.map(({ command }) => command));
  const acknowledged = outcomes.filter((outcome): outcome is Acknowledged => !('refused' in outcome));
  return [
    ...outcomes.filter((outcome) => 'refused' in outcome && commands.has(outcome.commandId)).map(({ commandId }) => `command ${commandId} was refused and is in the log`),
    ...acknowledged.flatMap(({ commandId, stream, events, version, position }) => {
      const of = kept.get(`${commandId} ${stream}`) ?? [];
      const last = of.at(-1);
      const isKept = of.length === events && last?.version === version && last.position === position;
      return isKept ? [] : [`command ${commandId} was promised ${events} events of ${stream} up to ${version} at ${position}; the log has ${of.length} up to ${last?.version} at ${last?.position}`];
    }),
  ];
};

/** @param outcomes everything that was acknowledged or refused */
export const auditLog = async (pool: Pool, outcomes: readonly Outcome[]): Promise<string[]> => {
  const rows = await readAll(pool);
  const { rows: heads } = await pool.query<{ position: number }>('select position from public.log_head');
  const ids = new Set(rows.map(({ event_id }) => event_id));
  return few([
    ...(heads[0]?.position === rows.length ? [] : [`the head is ${heads[0]?.position}, the log has ${rows.length} events`]),
    ...(ids.size === rows.length ? [] : [`${rows.length - ids.size} events are there twice`]),
    ...auditOrder(rows), ...auditPromises(rows, outcomes),
  ]);
};

/** What a reader saw from the first event on. */
export const auditSeen = (who: string, seen: readonly number[], expected: readonly number[]): string[] =>
  few(Array.from({ length: Math.max(seen.length, expected.length) }, (_, index) => index).filter((index) => seen[index] !== expected[index]).map((index) => `${who} saw ${seen[index]} in place of ${expected[index]}`));

const readCopy = async (nats: NatsConnection, stream: string): Promise<{ seq: number; event: EventEnvelope }[]> => {
  const { state } = await (await jetstreamManager(nats)).streams.info(stream);
  const copy: { seq: number; event: EventEnvelope }[] = [];
  if (state.messages === 0) return copy;
  const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: DeliverPolicy.All });
  for await (const message of await consumer.fetch({ max_messages: state.messages, expires: 10_000 })) copy.push({ seq: message.seq, event: message.json<EventEnvelope>() });
  return copy;
};

/** The stream has what the log has: each event once, its position for a sequence. */
export const auditCopy = async (pool: Pool, nats: NatsConnection, stream = 'EVENTS_provisioning'): Promise<string[]> => {
  const [rows, copy] = [await readAll(pool), await readCopy(nats, stream)];
  const first = copy[0]?.seq ?? 1;
  const expected = rows.slice(first - 1);
  return few([
    ...auditSeen('JetStream', copy.map(({ seq }) => seq), expected.map(({ position }) => position)),
    ...copy.flatMap(({ seq, event }, index) => (event.id === expected[index]?.event_id && event.position === seq ? [] : [`sequence ${seq} holds the event at position ${event.position}`])),
  ]);
};
