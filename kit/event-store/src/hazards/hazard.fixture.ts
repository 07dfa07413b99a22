/** What the hazard tests share: chance by a seed that a failure prints, a log to maltreat, processes to kill. */
import { eventually, freshDatabase, test as base, type TestDatabase } from '@citrus/kit-testing';
import { Client } from 'pg';
import { inject, onTestFailed, onTestFinished, vi } from 'vitest';
import { migrate } from '../database/migrate.ts';
import { chanceOf, type Chance } from './chance.ts';
import { openChildren, type Children } from './child.ts';
import { HAZARD_TABLES, openHazardLog, type HazardLog } from './hazard-log.ts';
import { write, type Outcome } from './writer.ts';

/** Ten seconds each on a quiet machine; they wait for many things in turn. */
vi.setConfig({ testTimeout: 120_000 });

/* oxlint-disable no-empty-pattern -- vitest reads a fixture's dependencies from this pattern */
export const test = base
  .extend('chance', async ({}): Promise<Chance> => {
    const seed = Number(process.env['CITRUS_HAZARD_SEED'] ?? Date.now() % 1_000_000);
    onTestFailed(() => void process.stderr.write(`\nThe seed of this run: CITRUS_HAZARD_SEED=${seed}\n`));
    return chanceOf(seed);
  })
  .extend('children', async ({}, { onCleanup }): Promise<Children> => {
    const children = await openChildren();
    onCleanup(() => children.end());
    return children;
  })
  .extend('log', async ({ database }, { onCleanup }): Promise<HazardLog> => {
    await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations: HAZARD_TABLES });
    const log = openHazardLog(database.serviceUrl);
    onCleanup(() => log.pool.end());
    return log;
  });
/* oxlint-enable no-empty-pattern */

/** Writers of this process: what they were told, and `end`, which waits for their last answers. They end with the test. */
export const startWriters = (store: HazardLog['store'], chance: Chance, count: number) => {
  const enough = new AbortController();
  const outcomes: Outcome[] = [];
  const writing = Promise.all(Array.from({ length: count }, () => write({ store, chance: chanceOf(chance.seed()), tell: (outcome) => void outcomes.push(outcome) }, enough.signal)));
  onTestFinished(async () => {
    enough.abort();
    await Promise.allSettled([writing]);
  });
  return {
    outcomes,
    end: async (): Promise<readonly Outcome[]> => {
      enough.abort();
      await writing;
      return outcomes;
    },
  };
};

/** Waits until this many events more are in the log. */
export const moreEvents = async ({ store }: HazardLog, count: number): Promise<void> => {
  const before = await eventually(() => store.head());
  await eventually(async () => (await store.head()) > before + count, { timeoutMs: 30_000 });
};

/** Another log on the same database, as another replica has it, until the test ends. */
export const anotherLog = (databaseUrl: string): HazardLog => {
  const log = openHazardLog(databaseUrl);
  onTestFinished(() => log.pool.end());
  return log;
};

/** A transaction that has written something and stays open until the test ends. */
export const openTransaction = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined); // its database may be dropped first, which is the end that it waits for
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('begin');
  await client.query(statement);
};

/** A database of its own in the same cluster, until the test ends. */
export const neighbour = async (): Promise<TestDatabase> => {
  const database = await freshDatabase(inject('postgresUrl'));
  onTestFinished(() => database.drop());
  return database;
};
