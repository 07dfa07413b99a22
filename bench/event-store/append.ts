/** The event store and its bare limit: the same rows with the same uniqueness, inserted and read without a store. */
import { randomUUID } from 'node:crypto';
import { freshLog, type BenchLog } from './fresh-log.ts';
import { inRounds, type Figure, type Part } from '../measure.ts';

const APPEND_FOR_MS = 3000;
const READ_EVENTS = 50_000;
const PAGE = 1000;
const PAYLOAD = { serverId: randomUUID(), note: 'x'.repeat(280) };

/** Events a second that this many callers get committed, each waiting for its own. */
const byCallers = async (callers: number, append: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  let events = 0;
  const caller = async () => {
    while (performance.now() - startedAt < APPEND_FOR_MS) {
      await append();
      events += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (events * 1000) / (performance.now() - startedAt);
};

const appendToStore = ({ store }: BenchLog) =>
  store.append({ stream: `bench-${randomUUID()}`, expected: 'none', events: [{ type: 'Measured', data: PAYLOAD }], context: { commandId: randomUUID(), actor: { kind: 'service', id: 'bench' }, correlationId: 'bench' } });

const insertRaw = ({ owner }: BenchLog) =>
  owner.query('insert into raw_events (stream_id, version, event_id, type, data) values ($1, 1, $2, $3, $4)', [`bench-${randomUUID()}`, randomUUID(), 'Measured', JSON.stringify(PAYLOAD)]);

const readStore = async ({ store }: BenchLog): Promise<number> => {
  let after = 0;
  for (;;) {
    const { events } = await store.read({ after, limit: PAGE });
    const last = events.at(-1);
    if (!last || last.position >= READ_EVENTS) return last?.position ?? after;
    after = last.position;
  }
};

const readRaw = async ({ owner }: BenchLog): Promise<number> => {
  let after = 0;
  while (after < READ_EVENTS) {
    const { rows } = await owner.query<{ position: string }>('select * from events where position > $1 order by position limit $2', [after, PAGE]);
    after = Number(rows.at(-1)?.position ?? READ_EVENTS);
  }
  return after;
};

const perSecond = async (read: () => Promise<number>): Promise<number> => {
  const startedAt = performance.now();
  const events = await read();
  return (events * 1000) / (performance.now() - startedAt);
};

const fill = async ({ store }: BenchLog): Promise<void> => {
  const context = () => ({ commandId: randomUUID(), actor: { kind: 'service', id: 'bench' } as const, correlationId: 'bench' });
  while ((await store.head()) < READ_EVENTS) {
    await Promise.all(Array.from({ length: 50 }, () => store.append({ stream: `bench-${randomUUID()}`, expected: 'none', events: Array.from({ length: 20 }, () => ({ type: 'Measured', data: PAYLOAD })), context: context() })));
  }
};

export const benchAppend = async (): Promise<Part> => {
  const log = await freshLog();
  try {
    const figures: Figure[] = [];
    for (const callers of [1, 16, 64]) {
      figures.push(await inRounds(`append, ${callers} callers`, 'events/s', { ours: () => byCallers(callers, () => appendToStore(log)), peer: () => byCallers(callers, () => insertRaw(log)), peerName: 'raw INSERT, no order' }));
    }
    await fill(log);
    figures.push(await inRounds(`read ${READ_EVENTS} events in pages of ${PAGE}`, 'events/s', { ours: () => perSecond(() => readStore(log)), peer: () => perSecond(() => readRaw(log)), peerName: 'raw SELECT of pg' }));
    return { rows: figures, metrics: {} };
  } finally {
    await log.close();
  }
};
