/**
 * Keeps projections up to date. One that fails stops at the event that it cannot apply, says so in its status and
 * tries again with growing delays, for ever: it never skips an event, and a new release may be what it waits for.
 */
import { Unavailable } from '@citrus/kit-domain';
import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import { backoffMs, pause } from '../database/pause.ts';
import type { WakeUp } from '../database/wake-up.ts';
import type { EventStore, Logger } from '../event-store.port.ts';
import { readPause } from '../feed/pauses.store.ts';
import { NewerEvent } from '../version/event-versions.ts';
import { applyPage } from './apply-page.ts';
import { startBuilder, type Builder } from './builder.ts';
import { createCheckpoint, dropCheckpoints } from './checkpoint.store.ts';
import { beginIfOlder, tendGenerations } from './follow-generations.ts';
import { readLive } from './generation.store.ts';
import { operateProjections, type ProjectionOperations } from './operate-projections.ts';
import { isFold, ProjectionFailed, type AnyProjection } from './projection.ts';
import { createRest, type Rest } from './rest.ts';
import { startTogether, type Together } from './run-together.ts';

export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  /**
   * `superseded`: a newer version runs elsewhere and owns the rows now. `waiting`: for a newer release, whose event comes
   * next. `building`: the rows of this version, beside those of an older one, which are read meanwhile.
   */
  readonly state: 'starting' | 'building' | 'running' | 'retrying' | 'waiting' | 'paused' | 'superseded';
  readonly error?: string;
};

export type Projections = {
  /** Calls back whenever this projection has moved; what it wrote can be read then. */
  onMoved(name: string, callback: () => void): void;
  /** Resolves when every projection has applied this position: what was just written can be read. */
  reached(position: number, options?: { timeoutMs?: number }): Promise<void>;
  status(): readonly ProjectionStatus[];
  readonly operate: ProjectionOperations;
  stop(): Promise<void>;
};

type Parts<Database> = { db: Kysely<Database>; pool: Pool; store: EventStore; wakeUp: WakeUp; logger?: Logger | undefined };
type Runner = { status: ProjectionStatus; done: Promise<void> };
type Surroundings<Database> = { readonly signal: AbortSignal; readonly onMoved: (name: string) => void; readonly builder: Builder; readonly together: Together<Database> };

const PAGE = 500;

/** Makes the checkpoint, and says what the rows that are read are to this release. */
const standing = async <Database>(db: Kysely<Database>, projection: AnyProjection<Database>): Promise<'ours' | 'older' | 'newer'> => {
  const live = await readLive(db, projection);
  if (!live) await createCheckpoint(db, projection);
  if (!live || live.version === projection.version) return 'ours';
  if (live.version > projection.version) return 'newer';
  if (isFold(projection)) {
    await beginIfOlder({ db, fold: projection });
    return 'older';
  }
  await db.transaction().execute(async (trx) => {
    await dropCheckpoints(trx, projection.name);
    await createCheckpoint(trx, projection);
  });
  return 'ours';
};

const start = <Database>({ db, store, wakeUp, logger }: Parts<Database>, projection: AnyProjection<Database>, { signal, onMoved, builder, together }: Surroundings<Database>): Runner => {
  const { name, version } = projection;
  const runner: Runner = { status: { name, version, position: 0, state: 'starting' }, done: Promise.resolve() };
  const set = (status: Omit<ProjectionStatus, 'name' | 'version'>) => {
    const isNew = status.position !== runner.status.position;
    runner.status = { name, version, ...status };
    if (isNew) onMoved(name);
  };
  const stand = async (state: ProjectionStatus['state']) => set({ position: (await readLive(db, projection))?.position ?? 0, state });

  /** Pages until there is no more; a page of which an event fails is cut off before that event. False: the rows are not ours to move. */
  const catchUp = async (): Promise<boolean> => {
    for (let limit = PAGE; !signal.aborted; ) {
      try {
        const page = await applyPage({ db, store }, projection, { after: runner.status.position, limit });
        if (!page) return false;
        set({ position: page.position, state: 'running' });
        if (page.position >= page.head) return true;
        limit = PAGE;
      } catch (error) {
        if (!(error instanceof ProjectionFailed) || error.before === 0) throw error;
        limit = error.before;
      }
    }
    return true;
  };

  let isOurs = false;
  /** Looks who has the rows only when it is not known or has changed: what was just appended is waited for. */
  const turn = async (): Promise<void> => {
    if (isOurs) isOurs = await catchUp();
    if (!isOurs) {
      if (await readPause(db, name)) return stand('paused');
      const rows = await standing(db, projection);
      if (rows === 'newer') return stand('superseded');
      if (rows === 'older') await stand('building');
      else isOurs = await catchUp();
    }
    await tend();
  };
  const tend = async (): Promise<void> => {
    if (isFold(projection)) builder.look(projection, await tendGenerations({ db, store, fold: projection }));
  };
  /** In step with the others, for as long as nothing is the matter with it. */
  const followTogether = async (): Promise<void> => {
    await together.follow({ projection, position: () => runner.status.position, moved: (position) => set({ position, state: 'running' }), tend }, signal);
    isOurs = false;
  };

  const run = async (): Promise<void> => {
    const bell = wakeUp.subscribe();
    for (let failures = 0; !signal.aborted; ) {
      try {
        await turn();
        failures = 0;
        await (isOurs ? followTogether() : bell.next(signal));
      } catch (error) {
        failures += 1;
        set({ position: runner.status.position, state: error instanceof NewerEvent ? 'waiting' : 'retrying', error: error instanceof Error ? error.message : String(error) });
        logger?.error({ err: error, projection: name, failures }, 'a projection is stuck; it tries again');
        await pause(backoffMs(failures), signal);
      }
    }
    bell.close();
  };
  runner.done = run();
  return runner;
};

/** Waits until all runners stand at a position. */
const createReached = (runners: readonly Runner[], waiting: Set<() => void>, rest: Rest): Projections['reached'] => {
  const hasReached = (position: number) => runners.every(({ status }) => status.position >= position);
  return (position, { timeoutMs = 5000 } = {}) =>
    new Promise((resolve, reject) => {
      if (hasReached(position)) return resolve();
      const end = () => {
        clearTimeout(timer);
        waiting.delete(check);
      };
      const check = () => {
        if (!hasReached(position)) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Unavailable(`the change was saved as number ${position} of the log, but is not shown yet`));
      }, timeoutMs);
      waiting.add(check);
      rest.end();
    });
};

export const startProjections = <Database>({ projections, ...parts }: Parts<Database> & { projections: readonly AnyProjection<Database>[] }): Projections => {
  const { db, store } = parts;
  const stopping = new AbortController();
  const waiting = new Set<() => void>();
  const listeners = new Map<string, (() => void)[]>();
  const builder = startBuilder({ ...parts, signal: stopping.signal });
  const rest = createRest(() => waiting.size > 0 || listeners.size > 0);
  const together = startTogether({ ...parts, rest, signal: stopping.signal });
  const onMoved = (name: string): void => {
    waiting.forEach((check) => check());
    listeners.get(name)?.forEach((listener) => listener());
  };
  const surroundings = { signal: stopping.signal, builder, together, onMoved };
  const runners = projections.map((projection) => start(parts, projection, surroundings));
  const status = () => runners.map((runner) => runner.status);
  const wake = async () => void (await sql`select pg_notify('event_log', '')`.execute(db));
  return {
    onMoved: (name, callback) => void listeners.set(name, [...(listeners.get(name) ?? []), callback]),
    reached: createReached(runners, waiting, rest),
    status,
    operate: operateProjections({ db, store, projections, status, wake }),
    stop: async () => {
      stopping.abort();
      await Promise.all([...runners.map(({ done }) => done), together.done, builder.stop()]);
    },
  };
};
