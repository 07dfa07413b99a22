/**
 * Proves that a stretch of a log is what was appended, or names where it first is not: dense positions, the hash chain,
 * times, versions of streams, what is copied beside the payload, and the signed roots. Stretch by stretch, so that
 * somebody can watch; what one call leaves for the next is only a position and a hash.
 */
import { Token, type LogProblem, type LogVerification } from '@citrus/contracts';
import type { Pool } from 'pg';
import { replayLog } from '../replay/replay-log.ts';
import type { EventMeta, ReplayedEvent } from '../replay/replayed-event.ts';
import { readEnds, readHashes, streamProblems, versionProblems, type LogEnds } from './beside-the-chain.store.ts';
import { createChainChecker, NO_HASH } from './chain.ts';
import { merkleRoot } from './merkle.ts';
import type { SealBook } from './seal-book.ts';
import type { PublicKeys, Seal } from './seal.ts';

export type VerifyOptions = {
  readonly pool: Pool;
  readonly after: number;
  readonly limit: number;
  /** What the stretch before this one ended with; else what is stored there is believed. */
  readonly hash?: string | undefined;
  readonly book: SealBook;
  readonly publicKeys: PublicKeys;
  /** Finds the first event of a stretch that is known to have been another one, when a root is not true. */
  readonly firstUnlike?: ((from: number, hashes: readonly Buffer[]) => Promise<number | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
};

const MOST_PROBLEMS = 100;

/** The columns that only copy what the payload says. */
const copyProblems = (event: ReplayedEvent): LogProblem[] => {
  // Whoever could write anything may have written no object at all; the chain tells that.
  const data = event.data as Readonly<Record<string, unknown>> | null;
  const meta = event.meta as EventMeta | null;
  const serverId = data?.['serverId'];
  const { about: stored } = event;
  const about = typeof serverId === 'string' && (serverId === stored || Token.safeParse(serverId).success) ? serverId : undefined;
  const wrong = [...(meta?.projectId?.toLowerCase() === event.projectId ? [] : ['project']), ...(about === stored ? [] : ['server'])];
  return wrong.map((what) => ({ position: event.position, kind: 'inconsistent', message: `the ${what} that stands beside ${event.type} of ${event.stream} is not the one in it` }));
};

type Walked = { readonly problems: LogProblem[]; readonly hashes: Map<number, Buffer>; readonly position: number; readonly hash: Buffer };

const eventAt = async (pool: Pool, position: number): Promise<ReplayedEvent | undefined> => {
  for await (const { events } of replayLog(pool, { after: position - 1, upTo: position })) if (events[0]) return events[0];
  return undefined;
};

const walk = async ({ pool, after, signal }: VerifyOptions, start: Buffer, upTo: number): Promise<Walked> => {
  const checker = createChainChecker({ position: after, hash: start });
  const problems: LogProblem[] = [];
  const hashes = new Map<number, Buffer>();
  for await (const { events } of replayLog(pool, { after, upTo, signal })) {
    for (const event of events) {
      hashes.set(event.position, Buffer.from(event.hash));
      problems.push(...checker.feed(event), ...copyProblems(event));
    }
    problems.splice(MOST_PROBLEMS);
  }
  const { position, hash } = checker.reached(problems.at(-1)?.position === upTo ? await eventAt(pool, upTo + 1) : undefined);
  if (position < upTo) problems.push({ position: position + 1, kind: 'missing', message: `the events from here to position ${upTo} are gone` });
  return { problems, hashes, position: upTo, hash };
};

/** Seals that end in this stretch; of rewritten events only the first is told, because everything behind it is another log. */
const rootProblems = async (options: VerifyOptions, hashes: Map<number, Buffer>, sealed: readonly Seal[]): Promise<LogProblem[]> => {
  for (const { from, to, root } of sealed) {
    const earlier = from <= options.after ? await readHashes(options.pool, from, options.after) : undefined;
    const leaves = Array.from({ length: to - from + 1 }, (_, index) => hashes.get(from + index) ?? earlier?.get(from + index));
    const whole = leaves.filter((leaf) => leaf !== undefined);
    // What is missing is told already.
    if (whole.length < leaves.length || merkleRoot(whole).toString('hex') === root) continue;
    const position = await options.firstUnlike?.(from, whole);
    const where = position === undefined ? `somewhere from position ${from} to ${to}` : 'from here on';
    return [{ position: position ?? from, kind: 'rewritten', message: `the log was rewritten ${where}: its chain is whole, but it is not what was signed` }];
  }
  return [];
};

/** What can only be seen at the log's two ends. */
const endProblems = async ({ pool, book }: VerifyOptions, { head, hash, first, last }: LogEnds, walked: Walked): Promise<LogProblem[]> => {
  const beyond = book.seals.filter(({ to }) => to > head);
  const until = beyond.at(-1)?.to;
  return [
    ...(last !== undefined && last > head ? [{ position: head + 1, kind: 'inserted', message: `events stand behind the head, up to position ${last}` } as const] : []),
    ...(first !== undefined && first < 1 ? [{ position: first, kind: 'inserted', message: 'an event stands before the beginning of the log' } as const] : []),
    ...(until === undefined ? [] : [{ position: head + 1, kind: 'missing', message: `the log was signed up to position ${until}, but ends at ${head}` } as const]),
    ...(walked.hash.equals(hash) ? [] : [{ position: head, kind: 'inconsistent', message: 'the head does not hold the hash of the last event' } as const]),
    ...(await streamProblems(pool)),
  ];
};

const startHash = async ({ pool, after, hash }: VerifyOptions): Promise<Buffer> => {
  if (hash !== undefined) return Buffer.from(hash, 'hex');
  return after === 0 ? NO_HASH : ((await readHashes(pool, after, after)).get(after) ?? NO_HASH);
};

/** What happened to an event before what stands beside it: of two problems at one place the first is to be looked at. */
const WEIGHT: Record<LogProblem['kind'], number> = { missing: 0, inserted: 1, changed: 2, rewritten: 3, seal: 4, inconsistent: 5 };

/** @returns problems in the order of their positions */
export const verifyLog = async (options: VerifyOptions): Promise<LogVerification> => {
  const { pool, after, limit, book, publicKeys } = options;
  const ends = await readEnds(pool);
  const upTo = Math.max(after, Math.min(after + limit, ends.head));
  const walked = await walk(options, await startHash(options), upTo);
  const isIn = (position: number) => (position > after || after === 0) && position <= upTo;
  const sealed = book.seals.filter(({ to }) => to > after && to <= upTo);
  const rewritten = await rootProblems(options, walked.hashes, sealed);
  const problems = [
    ...walked.problems,
    ...rewritten,
    ...(await versionProblems(pool, after, upTo)),
    ...book.problems.filter(({ position }) => isIn(position) || (upTo >= ends.head && position > upTo)),
    ...(upTo >= ends.head ? await endProblems(options, ends, walked) : []),
  ];
  return {
    position: upTo,
    head: ends.head,
    hash: walked.hash.toString('hex'),
    problems: problems.sort((a, b) => a.position - b.position || WEIGHT[a.kind] - WEIGHT[b.kind]).slice(0, MOST_PROBLEMS),
    seals: { checked: rewritten.length > 0 ? 0 : sealed.length, lastSigned: book.seals.at(-1)?.to ?? 0, publicKeys },
  };
};
