/**
 * Signs what was appended, from time to time and far behind the append: when enough events have gathered or the oldest
 * of them has waited long enough. One replica does it at a time; should two ever do, the database takes the seal of one.
 * Before anything is signed its chain is checked, so that a log that was changed is never sealed as if it were whole.
 * Places that lost seals get them back, and the log says so.
 */
import type { LoggedService } from '@citrus/contracts';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import { whileLeading } from '../database/connection.ts';
import { backoffMs, pause } from '../database/pause.ts';
import type { Logger } from '../event-store.port.ts';
import { readHead } from '../read/read.store.ts';
import { replayLog } from '../replay/replay-log.ts';
import { createChainChecker, NO_HASH } from './chain.ts';
import { createSealJudge, lineOf, makeSeal, type Seal } from './seal.ts';
import { gatherSeals, type SealBook } from './seal-book.ts';
import { openSealFile } from './seal-file.ts';
import type { SealKeys } from './seal-keys.ts';
import { openSealStream } from './seal-stream.ts';
import { addSeal, readSeals } from './seals.store.ts';

export type SealingOptions = {
  readonly pool: Pool;
  readonly service: LoggedService;
  readonly keys: SealKeys;
  /** Where the file of seals is kept: outside the database and, best, beyond the reach of whoever runs it. */
  readonly dir: string;
  readonly nats: NatsConnection;
};
type Timing = { readonly everyEvents: number; readonly everyMs: number };

export type SealerStatus = { readonly leading: boolean; /** The last position that is signed. */ readonly position: number; readonly error?: string };
export type Sealer = { status(): SealerStatus; stop(): Promise<void> };

const LOOK_EVERY_MS = 1000;

/** The three places of a service's seals, together. */
export const openSealPlaces = ({ pool, service, keys, dir, nats }: SealingOptions) => {
  const [file, stream, isGood] = [openSealFile(dir, service), openSealStream(nats, service), createSealJudge(keys.publicKeys)];
  const isOurs = (seal: Seal) => seal.service === service && isGood(seal);

  const copies = async () => {
    // The stream first and the database last: a seal goes into them the other way round.
    const fromStream = await stream.read();
    const fromFile = await file.read();
    const fromDatabase = await readSeals(pool);
    return { fromStream, fromFile, fromDatabase };
  };

  const gather = async (): Promise<SealBook> => {
    const { fromStream, fromFile, fromDatabase } = await copies();
    return gatherSeals(
      [{ place: 'the file', mayBeBehind: true, ...fromFile }, { place: 'the database', mayBeBehind: false, ...fromDatabase }, { place: 'the stream', mayBeBehind: true, ...fromStream }],
      isOurs,
    );
  };

  /** Puts every good seal into every place. @returns the last one, and how many were put where they had been lost */
  const restore = async (): Promise<{ last: Seal | undefined; restored: number }> => {
    const [{ seals }, { fromStream, fromFile, fromDatabase }] = [await gather(), await copies()];
    const lackingIn = (copy: { readonly seals: readonly Seal[] }) => {
      const known = new Set(copy.seals.map(lineOf));
      return seals.filter((seal) => !known.has(lineOf(seal)));
    };
    const [inDatabase, inFile, inStream] = [lackingIn(fromDatabase), lackingIn(fromFile), lackingIn(fromStream)];
    for (const seal of inDatabase) await addSeal(pool, seal);
    for (const seal of inFile) await file.add(seal);
    for (const seal of inStream) await stream.add(seal);
    return { last: seals.at(-1), restored: inDatabase.length + inFile.length + inStream.length };
  };

  return { file, stream, gather, restore };
};

/** The hashes behind the last seal, up to there. @throws Error when they do not follow from it */
const hashesBehind = async (pool: Pool, last: Seal | undefined, { upTo, signal }: { upTo: number; signal: AbortSignal }): Promise<Buffer[]> => {
  const after = last?.to ?? 0;
  const checker = createChainChecker({ position: after, hash: last ? Buffer.from(last.hash, 'hex') : NO_HASH });
  const hashes: Buffer[] = [];
  for await (const { events } of replayLog(pool, { after, upTo, signal })) {
    for (const event of events) {
      const [problem] = checker.feed(event);
      if (problem) throw new Error(`not sealed: position ${problem.position}: ${problem.message}. Verify the log.`);
      hashes.push(Buffer.from(event.hash));
    }
  }
  if (hashes.length !== upTo - after) throw new Error(`not sealed: position ${after + hashes.length + 1} is gone. Verify the log.`);
  return hashes;
};

export const startSealer = (options: SealingOptions & Timing & { readonly databaseUrl: string; readonly logger?: Logger | undefined }): Sealer => {
  const { databaseUrl, pool, service, keys, everyEvents, everyMs, logger } = options;
  const stopping = new AbortController();
  const places = openSealPlaces(options);
  let status: SealerStatus = { leading: false, position: 0 };

  /** The next stretch to seal, if it is time: full, or as old as it may get. */
  const due = async (last: Seal | undefined): Promise<number | undefined> => {
    const [after, head] = [last?.to ?? 0, await readHead(pool)];
    if (head < after) throw new Error(`the log was signed up to position ${after}, but ends at ${head}. Verify the log.`);
    const isOld = last === undefined || Date.now() - Date.parse(last.at) >= everyMs;
    return head - after >= everyEvents || (head > after && isOld) ? Math.min(head, after + everyEvents) : undefined;
  };

  /** First the database, which decides between two of us; then the places that it cannot touch. */
  const sealUpTo = async (last: Seal | undefined, place: { upTo: number; signal: AbortSignal }): Promise<Seal | undefined> => {
    const hashes = await hashesBehind(pool, last, place);
    const seal = makeSeal({ service, after: last, hashes, at: new Date().toISOString() }, keys.current);
    if (!(await addSeal(pool, seal))) {
      const { last: found } = await places.restore();
      if (found && found.to > (last?.to ?? 0)) return found;
      // Whoever may write to the table must not be able to end the sealing.
      logger?.error({ service, from: seal.from, to: seal.to }, 'what is no seal stands in the place of one in the database; the seal is kept elsewhere. Verify the log.');
    }
    await places.file.add(seal, hashes);
    await places.stream.add(seal);
    logger?.info({ service, from: seal.from, to: seal.to, root: seal.root, key_id: seal.keyId }, 'sealed a stretch of the log');
    return seal;
  };

  const sealOn = async (signal: AbortSignal, onProgress: () => void): Promise<void> => {
    const { last: found, restored } = await places.restore();
    if (restored > 0) logger?.warn({ service, restored }, 'seals were gone from some of their places and were put back');
    for (let last = found; !signal.aborted; ) {
      status = { leading: true, position: last?.to ?? 0 };
      const upTo = await due(last);
      if (upTo === undefined) await pause(LOOK_EVERY_MS, signal);
      else last = await sealUpTo(last, { upTo, signal });
      onProgress();
    }
  };

  const lead = async (signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await sealOn(signal, () => (failures = 0));
      } catch (error) {
        if (signal.aborted) break;
        failures += 1;
        status = { ...status, error: error instanceof Error ? error.message : String(error) };
        logger?.error({ err: error, service, failures }, 'the log could not be sealed; trying again');
        await pause(backoffMs(failures), signal);
      }
    }
    status = { leading: false, position: status.position };
  };

  // Closed for good, as after a start that failed: there is nobody left to seal for.
  void options.nats.closed().then(() => stopping.abort());
  const running = whileLeading({ databaseUrl, name: `citrus sealer ${service}`, signal: stopping.signal, logger }, lead);
  return {
    status: () => status,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
