/**
 * Keeps projections up to date. One that fails stops at the event that it cannot apply, says so in its status and
 * tries again with growing delays, for ever: it never skips an event, and a new release may be what it waits for.
 */
import { Unavailable } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import type { EventStore, Logger } from '../event-store.port.ts';
import { backoffMs, pause } from '../database/pause.ts';
import { applyPage, prepareProjection, ProjectionFailed, type AnyProjection } from './projection.ts';
import type { WakeUp } from '../database/wake-up.ts';
import { NewerEvent } from '../version/event-versions.ts';

export type ProjectionStatus = {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  /** `superseded`: a newer version runs elsewhere and owns the tables now. `waiting`: for a newer release, whose event comes next. */
  readonly state: 'starting' | 'running' | 'retrying' | 'waiting' | 'superseded';
  readonly error?: string;
};

export type Projections = {
  /** Resolves when every projection has applied this position: what was just written can be read. */
  reached(position: number, options?: { timeoutMs?: number }): Promise<void>;
  status(): readonly ProjectionStatus[];
  stop(): Promise<void>;
};

type Parts<Database> = { db: Kysely<Database>; store: EventStore; wakeUp: WakeUp; logger?: Logger | undefined };
type Runner = { status: ProjectionStatus; done: Promise<void> };

const PAGE = 500;

const start = <Database>({ db, store, wakeUp, logger }: Parts<Database>, projection: AnyProjection<Database>, { signal, onMoved }: { signal: AbortSignal; onMoved: () => void }): Runner => {
  const { name, version } = projection;
  const runner: Runner = { status: { name, version, position: 0, state: 'starting' }, done: Promise.resolve() };
  const set = (status: Omit<ProjectionStatus, 'name' | 'version'>) => void (runner.status = { name, version, ...status });

  /** Pages until there is no more; a page of which an event fails is cut off before that event. */
  const catchUp = async (): Promise<void> => {
    for (let limit = PAGE; !signal.aborted; ) {
      try {
        const page = await applyPage({ db, store, projection }, { after: runner.status.position, limit });
        if (!page) return set({ position: runner.status.position, state: 'superseded' });
        set({ position: page.position, state: 'running' });
        onMoved();
        if (page.position >= page.head) return;
        limit = PAGE;
      } catch (error) {
        if (!(error instanceof ProjectionFailed) || error.before === 0) throw error;
        limit = error.before;
      }
    }
  };

  const run = async (): Promise<void> => {
    const bell = wakeUp.subscribe();
    let isPrepared = false;
    for (let failures = 0; !signal.aborted && runner.status.state !== 'superseded'; ) {
      try {
        isPrepared ||= await prepareProjection(db, projection);
        if (isPrepared) await catchUp();
        else set({ position: 0, state: 'superseded' });
        failures = 0;
        await bell.next(signal);
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

export const startProjections = <Database>({ projections, ...parts }: Parts<Database> & { projections: readonly AnyProjection<Database>[] }): Projections => {
  const stopping = new AbortController();
  const waiting = new Set<() => void>();
  const onMoved = () => waiting.forEach((check) => check());
  const runners = projections.map((projection) => start(parts, projection, { signal: stopping.signal, onMoved }));
  const hasReached = (position: number) => runners.every(({ status }) => status.position >= position);
  return {
    reached: (position, { timeoutMs = 5000 } = {}) =>
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
      }),
    status: () => runners.map(({ status }) => status),
    stop: async () => {
      stopping.abort();
      await Promise.all(runners.map(({ done }) => done));
    },
  };
};
