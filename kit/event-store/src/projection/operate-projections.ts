/** What an operator does with read models. Any replica can be asked: all of it stands in the database. */
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import type { EventStore } from '../event-store.port.ts';
import { pauseConsumer, readPause, resumeConsumer } from '../feed/pauses.store.ts';
import { readCheckpoint } from './checkpoint.store.ts';
import { exchange, whenFree } from './follow-generations.ts';
import { beginGeneration, readGenerations, readLive, rollbackGeneration, switchGeneration, type Generation } from './generation.store.ts';
import { isFold, type AnyProjection } from './projection.ts';
import type { RowFold } from './row-fold.ts';
import type { ProjectionStatus } from './run-projections.ts';
import { verifyGeneration, type Verification } from './verify-generation.ts';

type GenerationReport = Pick<Generation, 'generation' | 'version' | 'position' | 'state'> & { readonly error?: string };
export type ProjectionReport = Pick<ProjectionStatus, 'name' | 'version' | 'position' | 'state'> & {
  /** Only these can be built anew. */
  readonly hasRows: boolean;
  readonly generation: number;
  readonly error?: string;
  readonly head: number;
  readonly lag: number;
  readonly next?: GenerationReport;
  readonly previous?: GenerationReport;
  readonly paused: boolean;
};

export type ProjectionOperations = {
  list(): Promise<readonly ProjectionReport[]>;
  /** Begins to build the rows beside, from the log's beginning. */
  rebuild(name: string): Promise<ProjectionReport>;
  /** Compares what is read with what was built, or else with the rows before the switch. */
  verify(name: string): Promise<Verification>;
  switch(name: string): Promise<ProjectionReport>;
  rollback(name: string): Promise<ProjectionReport>;
  pause(name: string): Promise<ProjectionReport>;
  resume(name: string): Promise<ProjectionReport>;
};

type Parts<Database> = {
  readonly db: Kysely<Database>;
  readonly store: EventStore;
  readonly projections: readonly AnyProjection<Database>[];
  readonly status: () => readonly ProjectionStatus[];
  /** Has everybody look at once whether there is something to do. */
  readonly wake: () => Promise<void>;
};


const reportOf = ({ generation, version, progress, state, error }: Generation): GenerationReport => ({ generation, version, position: progress, state, ...(error !== null && { error }) });

const report = async <Database>({ db, store, status }: Parts<Database>, projection: AnyProjection<Database>): Promise<ProjectionReport> => {
  const { name } = projection;
  const own = status().find((one) => one.name === name);
  const [head, live, generations, pause] = await Promise.all([store.head(), readLive(db, projection), readGenerations(db, projection), readPause(db, name)]);
  const [next, previous] = (['next', 'previous'] as const).map((place) => generations.find((generation) => generation.place === place));
  const position = live?.position ?? (await readCheckpoint(db, projection));
  return {
    name, hasRows: isFold(projection), version: live?.version ?? projection.version, generation: live?.generation ?? 1,
    state: pause ? 'paused' : (own?.state ?? 'starting'), ...(own?.error !== undefined && { error: own.error }),
    position, head, lag: Math.max(0, head - position), paused: pause !== undefined,
    ...(next && { next: reportOf(next) }), ...(previous && { previous: reportOf(previous) }),
  };
};

const generationAt = async <Database>({ db }: Parts<Database>, fold: RowFold, ...places: Generation['place'][]): Promise<Generation> => {
  const generations = await readGenerations(db, fold);
  const found = places.map((place) => generations.find((generation) => generation.place === place)).find((generation) => generation !== undefined);
  if (!found) throw new Refusal('projection.not_built', `There are no other rows of ${fold.name}. Rebuild it first.`);
  if (found.state === 'building') throw new Refusal('projection.building', `The rows of ${fold.name} are still being built; they have come to position ${found.progress}. Wait until they follow.`);
  if (found.version !== fold.version) throw new Refusal('projection.other_version', `Those rows of ${fold.name} are of version ${found.version}, which this release cannot keep up to date. Run the release that made them, then do it there.`);
  return found;
};

export const operateProjections = <Database>(parts: Parts<Database>): ProjectionOperations => {
  const { db, projections, wake } = parts;
  const named = (name: string): AnyProjection<Database> => {
    const projection = projections.find((one) => one.name === name);
    if (!projection) throw new NotFound('projection.unknown', `There is no projection ${name} here. There are: ${projections.map((one) => one.name).join(', ')}.`);
    return projection;
  };
  const foldNamed = (name: string): RowFold => {
    const projection = named(name);
    if (!isFold(projection)) throw new Refusal('projection.no_rows', `${name} keeps no rows of its own: it does work for events, which a rebuild would do twice.`);
    return projection;
  };
  const reported = async (name: string): Promise<ProjectionReport> => {
    await wake();
    return report(parts, named(name));
  };

  return {
    list: () => Promise.all(projections.map((projection) => report(parts, projection))),
    rebuild: async (name) => {
      await whenFree(() => beginGeneration(db, foldNamed(name), { switches: false }));
      return reported(name);
    },
    verify: async (name) => {
      const fold = foldNamed(name);
      return verifyGeneration({ ...parts, fold }, await generationAt(parts, fold, 'next', 'previous'));
    },
    switch: async (name) => {
      const fold = foldNamed(name);
      await exchange({ ...parts, fold }, { generation: await generationAt(parts, fold, 'next'), work: switchGeneration });
      return reported(name);
    },
    rollback: async (name) => {
      const fold = foldNamed(name);
      await exchange({ ...parts, fold }, { generation: await generationAt(parts, fold, 'previous'), work: rollbackGeneration });
      return reported(name);
    },
    pause: async (name) => {
      await pauseConsumer(db, named(name).name, 'An operator has paused it.');
      return reported(name);
    },
    resume: async (name) => {
      await resumeConsumer(db, named(name).name);
      return reported(name);
    },
  };
};
