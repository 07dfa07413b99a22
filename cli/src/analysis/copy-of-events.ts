/**
 * A copy of the events that the signed-in person may see, as Parquet files beside each other: each holds what came
 * after the one before. It is thrown away when it is a day old or somebody was forgotten since, because a copy must not
 * know for longer what history has forgotten; and when the log is not the one that it was copied from.
 */
import { Caller, formatVector, LoggedService, type LogVector } from '@citrus/contracts';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Api } from '../api/api.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { eventsOf } from '../history/events.ts';
import { exportedEvents, passedOf } from '../history/exported.ts';
import type { FeedEvent } from '../history/replies.ts';
import { eventAt } from '../history/what.ts';
import { withTemporaryFiles, writeLines } from '../output/atomic-file.ts';
import { startProgress } from '../output/progress.ts';
import { whileLocked } from '../session/lock.ts';
import { makeOwnFolder, readIfThere, writePrivately, type Places } from '../session/places.ts';
import type { Engine } from './duckdb.ts';
import { lineForEngine, mergeParquet, writeParquet } from './parquet.ts';

const FORMAT = 1;
const OLDEST_MS = 24 * 3_600_000;
/** Another process may still read a file that a merge has replaced. */
const LINGER_MS = 3_600_000;
const MOST_SEGMENTS = 16;
const PATIENCE_MS = 600_000;
/** The one that destroys a person's key is of no project; its members see that somebody left. */
const FORGETTING: ReadonlySet<string> = new Set(['SubjectErased', 'MembershipEnded']);

const Mark = z.object({ position: z.int(), id: z.string() });
const Manifest = z.object({ format: z.literal(FORMAT), madeAt: z.iso.datetime(), marks: z.partialRecord(LoggedService, Mark), segments: z.array(z.string()) });
type Manifest = z.infer<typeof Manifest>;

export type CopyOfEvents = { readonly parquet: readonly string[]; readonly folder: string };

const empty = (): Manifest => ({ format: FORMAT, madeAt: new Date().toISOString(), marks: {}, segments: [] });

/** Of another person, or with other rights, it is another copy. */
const folderOf = async (api: Api, places: Places): Promise<string> => {
  const { userId, memberships } = await api.json({ path: '/api/auth/me' }, Caller);
  const who = JSON.stringify([api.url, userId, memberships.map(({ projectId }) => projectId).sort()]);
  return join(places.cache, 'events', createHash('sha256').update(who).digest('hex').slice(0, 24));
};

const readManifest = (folder: string): Manifest => {
  const text = readIfThere(join(folder, 'manifest.json'));
  if (text === undefined) return empty();
  try {
    const manifest = Manifest.parse(JSON.parse(text));
    const isYoung = Date.now() - Date.parse(manifest.madeAt) < OLDEST_MS;
    return isYoung && manifest.segments.every((name) => existsSync(join(folder, name))) ? manifest : empty();
  } catch {
    // A copy that cannot be understood is made anew; that costs a moment and nothing else.
    return empty();
  }
};

/** After a restore the log may have gone on differently from an earlier place. */
const isSameLog = async (api: Api, { marks }: Manifest): Promise<boolean> => {
  for (const service of LoggedService.options) {
    const mark = marks[service];
    if (!mark) continue;
    const event = await eventAt(api, { kind: 'place', service, position: mark.position }).catch((error: unknown) => {
      if (error instanceof CliFailure && error.code === 'event.unknown') return undefined;
      throw error;
    });
    if (event?.id !== mark.id) return false;
  }
  return true;
};

const vectorOf = ({ marks }: Manifest): LogVector => Object.fromEntries(Object.entries(marks).map(([service, { position }]) => [service, position]));

async function* newEvents(api: Api, vector: LogVector): AsyncGenerator<FeedEvent> {
  // The first time in one stream; later, when little is new, in pages, which may be asked for as often as one likes.
  if (passedOf(vector) === 0) for await (const { event } of exportedEvents(api, {})) yield event;
  else yield* eventsOf(api, { filter: {}, direction: 'forward', cursor: formatVector(vector) });
}

class SomebodyWasForgotten extends Error {}

const addNew = async (api: Api, { engine, folder }: Copying, manifest: Manifest): Promise<Manifest> => {
  const ndjson = join(folder, `${randomUUID()}.ndjson`);
  const segment = `${randomUUID()}.parquet`;
  const marks = { ...manifest.marks };
  const progress = startProgress('reading events');
  async function* lines() {
    let count = 0;
    for await (const event of newEvents(api, vectorOf(manifest))) {
      if (FORGETTING.has(event.type) && manifest.segments.length > 0) throw new SomebodyWasForgotten();
      marks[event.service] = { position: event.position, id: event.id };
      progress.at((count += 1), undefined, 'events');
      yield lineForEngine(JSON.stringify(event));
    }
  }
  return withTemporaryFiles([ndjson], async () => {
    const count = await writeLines(ndjson, lines()).finally(() => progress.end());
    if (count === 0 && manifest.segments.length > 0) return manifest;
    await writeParquet(engine, ndjson, join(folder, segment));
    return { ...manifest, marks, segments: [...manifest.segments, segment] };
  });
};

const merged = async ({ engine, folder }: Copying, manifest: Manifest): Promise<Manifest> => {
  if (manifest.segments.length <= MOST_SEGMENTS) return manifest;
  const segment = `${randomUUID()}.parquet`;
  await mergeParquet(engine, manifest.segments.map((name) => join(folder, name)), join(folder, segment));
  return { ...manifest, segments: [segment] };
};

/** Also what an interrupted process left. */
const sweep = (folder: string, { segments }: Manifest): void => {
  for (const name of readdirSync(folder).filter((name) => /\.(?:parquet|ndjson)$/.test(name) && !segments.includes(name))) {
    if (Date.now() - statSync(join(folder, name)).mtimeMs > LINGER_MS) rmSync(join(folder, name), { force: true });
  }
};

const forget = (folder: string): void => {
  for (const name of readdirSync(folder).filter((name) => /\.(?:parquet|json)$/.test(name))) rmSync(join(folder, name), { force: true });
};

type Copying = { readonly engine: Engine; readonly folder: string };

const refreshed = async (api: Api, copying: Copying): Promise<Manifest> => {
  const known = readManifest(copying.folder);
  if (known.segments.length > 0 && (await isSameLog(api, known))) {
    try {
      return await merged(copying, await addNew(api, copying, known));
    } catch (error) {
      if (!(error instanceof SomebodyWasForgotten)) throw error;
    }
  }
  forget(copying.folder);
  return addNew(api, copying, empty());
};

export const openCopyOfEvents = async (api: Api, places: Places, { engine, isRefreshed, note }: { engine: Engine; isRefreshed: boolean; note: (line: string) => void }): Promise<CopyOfEvents> => {
  const folder = await folderOf(api, places);
  makeOwnFolder(folder);
  const manifest = await whileLocked(join(folder, 'lock'), { patienceMs: PATIENCE_MS, onWait: () => note('citrus: another citrus is copying events; waiting for it') }, async () => {
    if (!isRefreshed) return readManifest(folder);
    const manifest = await refreshed(api, { engine, folder });
    writePrivately(join(folder, 'manifest.json'), JSON.stringify(manifest));
    sweep(folder, manifest);
    return manifest;
  });
  if (manifest.segments.length === 0) throw new CliFailure('there is no copy of the events yet, or it is too old', { exit: EXIT.failed, code: 'copy.missing', advice: 'Leave --no-refresh out once.' });
  return { parquet: manifest.segments.map((name) => join(folder, name)), folder };
};
