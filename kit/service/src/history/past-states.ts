/** States and differences for one reader: only what belongs to his or her projects, in the shape that the live API shows. */
import type { DiffPage, DiffRead, LogPoint, StatePage, StateRead, Subject } from '@citrus/contracts';
import { ContractViolation, NotFound, type Clock } from '@citrus/kit-domain';
import { foldInto, type EventStore, type FoldedRow, type Rows } from '@citrus/kit-event-store';
import { changesBetween } from './changes.ts';
import { createFoldedStates, type FoldedStates, type Replay } from './folded-states.ts';
import { compareIds, cutPage, formatCursor, parseCursor } from './pages.ts';
import type { ReadModel } from './read-model.ts';

export type PastStates = {
  /** @throws ContractViolation for an instant that lies ahead; NotFound for an id that is none of the reader's */
  state(asked: StateRead, projectIds: readonly string[]): Promise<StatePage>;
  diff(asked: DiffRead, projectIds: readonly string[]): Promise<DiffPage>;
};

type Parts = { readonly readModels: readonly ReadModel[]; readonly store: EventStore; readonly replay: Replay; readonly clock: Clock };
type Point = StatePage['point'];
type Shown = Record<string, unknown>;
type Whose = { readonly projectIds: readonly string[]; readonly serverId?: string | undefined };
type Model = ReadModel & { readonly folded: FoldedStates };

/** Clocks differ a little; who asks for "now" is not refused. */
const TOLERANCE_MS = 5000;

const idOfKey = (key: string): string => (JSON.parse(key) as string[])[0] ?? '';

/** When the event at this position was appended; undefined when the log does not reach that far. */
const timeOf = async (store: EventStore, position: number): Promise<Point | undefined> => {
  if (position === 0) return { position, at: null };
  const { events } = await store.read({ after: position - 1, limit: 1, as: 'stored' });
  return events[0] && { position, at: events[0].at };
};

const pointOf = async ({ store, clock }: Parts, asked: LogPoint, path: string): Promise<Point> => {
  const wrong = (message: string) => new ContractViolation(`Nobody knows yet: ${path} ${message}.`, [{ path, message }]);
  if ('instant' in asked && Date.parse(asked.instant) > clock().getTime() + TOLERANCE_MS) throw wrong('lies in the future');
  const point = await timeOf(store, 'instant' in asked ? await store.positionAt(asked.instant) : asked.position);
  if (!point) throw wrong('lies beyond the end of the log');
  return point;
};

export const openPastStates = (parts: Parts): PastStates => {
  const models = new Map<Subject, Model>(parts.readModels.map((model) => [model.of, { ...model, folded: createFoldedStates(model.fold, parts.replay) }]));

  const modelOf = (of: Subject, serverId: string | undefined): Model => {
    const model = models.get(of);
    if (!model) throw new ContractViolation(`This service does not know any ${of}.`, [{ path: 'of', message: 'is told by another service' }]);
    if (serverId !== undefined && !model.serverOf) throw new ContractViolation(`Nobody can say which ${of} is on a server.`, [{ path: 'serverId', message: 'narrows jobs and agents only' }]);
    return model;
  };

  /** The row of one id at each of these positions, from its own stream. */
  const rowsOfOne = async (model: Model, id: string, { positions, projectIds }: Whose & { positions: readonly number[] }): Promise<(FoldedRow | undefined)[]> => {
    const { events } = await parts.store.load(`${model.of}-${id}`);
    const rows: Rows = new Map();
    const found: (FoldedRow | undefined)[] = positions.map(() => undefined);
    let known: FoldedRow | undefined;
    for (const event of events) {
      const key = foldInto(model.fold, rows, event);
      if (key === undefined || idOfKey(key) !== id) continue;
      const row = rows.get(key);
      known = row ?? known;
      positions.forEach((position, index) => event.position <= position && (found[index] = row));
    }
    if (!known || !projectIds.includes(model.projectOf(known))) throw new NotFound('history.unknown', `There is and was no such ${model.of} in your projects.`);
    return found;
  };

  /** All that the reader may see behind the cursor, in order; by position, as many lists as positions. */
  const rowsOfAll = async (model: Model, positions: readonly number[], { projectIds, serverId, after }: Whose & { after: string }): Promise<Map<string, (FoldedRow | undefined)[]>> => {
    const isMeant = (row: FoldedRow): boolean => projectIds.includes(model.projectOf(row)) && (serverId === undefined || model.serverOf?.(row) === serverId);
    const found: [string, (FoldedRow | undefined)[]][] = [];
    const states: Rows[] = [];
    for (const position of positions) states.push(await model.folded.at(position));
    for (const key of new Set(states.flatMap((rows) => [...rows.keys()]))) {
      const id = idOfKey(key);
      if (id <= after) continue;
      const rows = states.map((state) => state.get(key)).map((row) => (row && isMeant(row) ? row : undefined));
      if (rows.some((row) => row !== undefined)) found.push([id, rows]);
    }
    return new Map(found.sort(([a], [b]) => compareIds(a, b)));
  };

  return {
    state: async ({ of, id, serverId, at, cursor, limit }, projectIds) => {
      const model = modelOf(of, serverId);
      const [fixed, after = ''] = cursor === undefined ? [] : parseCursor(cursor, 1);
      const point = await pointOf(parts, fixed ? { position: fixed[0] ?? 0 } : at, 'at');
      const rows = id === undefined ? await rowsOfAll(model, [point.position], { projectIds, serverId, after }) : new Map([[id, await rowsOfOne(model, id, { positions: [point.position], projectIds })]]);
      const { items, last } = cutPage(statesOf(model, rows), limit);
      return { point, items, nextCursor: last === undefined ? null : formatCursor([[point.position], last]) };
    },

    diff: async ({ of, id, serverId, from, to, cursor, limit }, projectIds) => {
      const model = modelOf(of, serverId);
      const [fixed, after = ''] = cursor === undefined ? [] : parseCursor(cursor, 2);
      const first = await pointOf(parts, fixed ? { position: fixed[0] ?? 0 } : from, 'from');
      const second = await pointOf(parts, fixed ? { position: fixed[1] ?? 0 } : to, 'to');
      if (first.position > second.position) throw new ContractViolation('from must not be later than to.', [{ path: 'from', message: 'must not be later than to' }]);
      const positions = [first.position, second.position];
      const rows = id === undefined ? await rowsOfAll(model, positions, { projectIds, serverId, after }) : new Map([[id, await rowsOfOne(model, id, { positions, projectIds })]]);
      const { items, last } = cutPage(differencesOf(model, rows), limit);
      return { from: first, to: second, items, nextCursor: last === undefined ? null : formatCursor([positions, last]) };
    },
  };
};

type RowsById = ReadonlyMap<string, readonly (FoldedRow | undefined)[]>;

function* statesOf(model: Model, rows: RowsById): Generator<StatePage['items'][number]> {
  for (const [id, [row]] of rows) if (row) yield { id, state: model.show(row) as Shown };
}

function* differencesOf(model: Model, rows: RowsById): Generator<DiffPage['items'][number]> {
  for (const [id, [was, is]] of rows) {
    // A row that no event has touched is the same object.
    if (was === is) continue;
    const [before, after] = [was, is].map((row) => (row ? (model.show(row) as Shown) : null)) as [Shown | null, Shown | null];
    const changes = changesBetween(before ?? {}, after ?? {});
    if (changes.length > 0) yield { id, before, after, changes };
  }
}
