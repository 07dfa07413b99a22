/** Appends of Emmett, of raw parallel INSERTs and of ours on one PostgreSQL with the same durability, in random order. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@citrus/kit-embedded';
import { migrate } from '@citrus/kit-event-store';
import { freshDatabase, type TestDatabase } from '@citrus/kit-testing/database';
import { Client } from 'pg';
import { median, type Part, type Row } from '../measure.ts';
import type { Load, Measured } from './contender.ts';
import { RAW_EVENTS } from './raw.contender.ts';

const CONTENDERS = ['citrus', 'raw', 'emmett'] as const;
type Name = (typeof CONTENDERS)[number];
type Cell = { readonly contender: Name; readonly callers: number; readonly batch: number };

const CALLERS = [1, 16, 64];
const BATCHES = [1, 10];
const ROUNDS = 3;
const LOAD = { warmUpMs: 700, forMs: 2000 };
const LOAD_PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './load.ts' : './load.js', import.meta.url));

/** A new database for each cell, so that none pays for the rows of another; the service's own role, as in production. */
const prepared = async (serverUrl: string, contender: Name): Promise<{ database: TestDatabase; url: string }> => {
  const database = await freshDatabase(serverUrl);
  if (contender === 'citrus') await migrate({ ownerUrl: database.ownerUrl, role: database.role });
  const client = new Client({ connectionString: database.superuserUrl });
  await client.connect();
  if (contender === 'raw') await client.query(`${RAW_EVENTS}; grant insert on raw_events to ${database.role}`);
  await client.query('checkpoint');
  await client.end();
  return { database, url: contender === 'emmett' ? database.ownerUrl : database.serviceUrl };
};

const measured = async (serverUrl: string, { contender, ...cell }: Cell): Promise<Measured> => {
  const { database, url } = await prepared(serverUrl, contender);
  try {
    const load: Load = { ...cell, ...LOAD };
    const child = fork(LOAD_PROGRAM, [contender, url, JSON.stringify(load)]);
    const told: Measured[] = [];
    child.on('message', (figures) => void told.push(figures as Measured));
    const [code] = (await once(child, 'exit')) as [number | null];
    const [figures] = told;
    if (!figures || code !== 0) throw new Error(`${contender} with ${cell.callers} callers ended with code ${code} before it had told its figures`);
    return figures;
  } finally {
    await database.drop();
  }
};

const shuffled = <T>(items: readonly T[]): T[] => items.map((item) => ({ item, at: Math.random() })).toSorted((a, b) => a.at - b.at).map(({ item }) => item);

type Rounds = Map<string, Record<Name, Measured>[]>;

/** In each round every cell once; a cell's contenders come one after the other, so that they meet the same noise. */
const allRounds = async (serverUrl: string): Promise<Rounds> => {
  const rounds: Rounds = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    process.stderr.write(`  append: round ${round + 1} of ${ROUNDS}\n`);
    for (const { callers, batch } of shuffled(CALLERS.flatMap((callers) => BATCHES.map((batch) => ({ callers, batch }))))) {
      const figures: Partial<Record<Name, Measured>> = {};
      for (const contender of shuffled(CONTENDERS)) figures[contender] = await measured(serverUrl, { contender, callers, batch });
      const key = `${callers}x${batch}`;
      rounds.set(key, [...(rounds.get(key) ?? []), figures as Record<Name, Measured>]);
    }
  }
  return rounds;
};

export const benchAppend = async (): Promise<Part> => {
  const postgres = await startPostgres({ fsync: 'on', synchronous_commit: 'on', shared_buffers: '512MB', max_wal_size: '8GB' });
  const rows: Row[] = [];
  const metrics: Record<string, number> = {};
  try {
    for (const [key, rounds] of await allRounds(postgres.url)) {
      const of = (contender: Name, figure: keyof Measured) => median(rounds.map((round) => round[contender][figure]));
      for (const peer of ['emmett', 'raw'] as const) {
        const ratio = Number(median(rounds.map((round) => round.citrus.eventsPerS / round[peer].eventsPerS)).toFixed(2));
        metrics[`append_${key}_vs_${peer}`] = ratio;
        const latency = (name: Name) => `${of(name, 'p50Ms')}/${of(name, 'p99Ms')}`;
        rows.push({ name: `append, callers x batch ${key}`, unit: 'events/s', ours: of('citrus', 'eventsPerS'), peer: of(peer, 'eventsPerS'), ratio, peerName: `${peer === 'raw' ? 'raw INSERTs, no order' : 'Emmett'}; p50/p99 ms ${latency('citrus')} to ${latency(peer)}` });
      }
    }
  } finally {
    await postgres.stop();
  }
  return { rows, metrics };
};
