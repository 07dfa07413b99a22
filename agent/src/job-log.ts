/**
 * The log of one attempt, kept twice: as plain text for whoever sits at the server, and as numbered pieces that can be
 * sent again if one was lost on the way. Bounded, so that a script in a loop cannot fill the disk: of an output that is too long
 * the beginning and the last lines are kept, and a line says how much is missing in between.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { appendWhole, isDiskFull } from './append.ts';
import { readIfThere, writeDurably } from './files.ts';
import { keyOf } from './journal.ts';
import type { Piece } from './output.ts';

export type NumberedPiece = Piece & { readonly seq: number; readonly at: string };
/** Of a log that had to make room: in the place of all pieces up to `through`. */
type StoredPiece = NumberedPiece & { readonly through?: number };
export type ReadPiece = { readonly seq: number; readonly at: string; readonly text: string; readonly gone?: boolean };
export type AttemptName = { readonly jobId: string; readonly attempt: number };
export type LogFolders = { readonly text: string; readonly pieces: string };
/** What agent-mgmt compares at the end: how many pieces there were and the SHA-256 over their texts. */
export type LogSummary = { readonly logChunks: number; readonly logDigest: string };

/** Sent as it comes; what follows waits until the end, and only so much of it is kept. */
const FIRST_CHARACTERS = 31 * 1024 ** 2;
const LAST_CHARACTERS = 1024 ** 2;
const FILES_KEPT = 100;
/** All logs together; the oldest make room first. */
const SPOOL_BYTES = 256 * 1024 ** 2;
/** That is left of each end of a log that makes room. */
const END_CHARACTERS = 32 * 1024;
/** A reply to `read-log` must fit into one message of the broker. */
const REPLY_BYTES = 600_000;

const pieceFile = (folders: LogFolders, name: AttemptName) => join(folders.pieces, `${keyOf(name)}.jsonl`);

const readPieces = (folders: LogFolders, name: AttemptName): StoredPiece[] => {
  const pieces: StoredPiece[] = [];
  for (const line of (readIfThere(pieceFile(folders, name)) ?? '').split('\n')) {
    if (line === '') continue;
    try {
      pieces.push(JSON.parse(line) as StoredPiece);
    } catch {
      break; // cut off by a power failure: nothing after it is whole either
    }
  }
  return pieces;
};

export const summarizeLog = (folders: LogFolders, name: AttemptName): LogSummary => {
  const pieces = readPieces(folders, name);
  const hash = createHash('sha256');
  for (const { text } of pieces) hash.update(text);
  return { logChunks: pieces.length, logDigest: hash.digest('hex') };
};

/** A piece that stands for others is as many: whoever asks counts them. */
const eachOf = function* ({ seq, at, text, through }: StoredPiece): Generator<ReadPiece> {
  yield through === undefined ? { seq, at, text } : { seq, at, text, gone: true };
  for (let next = seq + 1; next <= (through ?? 0); next += 1) yield { seq: next, at, text: '', gone: true };
};

/** Pieces `fromSeq` to `toSeq`, or as many of them as fit into one reply. */
export const readLog = (folders: LogFolders, name: AttemptName, fromSeq: number, toSeq: number): ReadPiece[] => {
  const found: ReadPiece[] = [];
  let bytes = 0;
  for (const stored of readPieces(folders, name)) {
    for (const piece of eachOf(stored)) {
      if (piece.seq < fromSeq || piece.seq > toSeq) continue;
      bytes += Buffer.byteLength(JSON.stringify(piece));
      if (bytes > REPLY_BYTES) return found;
      found.push(piece);
    }
  }
  return found;
};

/** The last pieces of an output, up to a size; what is older is only counted. */
export const createTail = (most: number) => {
  let pieces: Piece[] = [];
  let [characters, dropped, lines] = [0, 0, 0];
  return {
    push: (piece: Piece): void => {
      pieces.push(piece);
      characters += piece.text.length;
      while (characters > most && pieces.length > 1) {
        const [oldest] = pieces.splice(0, 1);
        characters -= oldest?.text.length ?? 0;
        dropped += oldest?.text.length ?? 0;
        lines += oldest?.text.split('\n').length ?? 1;
        lines -= 1;
      }
    },
    /** Everything that is left, once. */
    take: (): { pieces: Piece[]; dropped: number; lines: number } => {
      const taken = { pieces, dropped, lines };
      [pieces, characters, dropped, lines] = [[], 0, 0, 0];
      return taken;
    },
  };
};

export type JobLog = {
  readonly write: (piece: Piece) => void;
  /** A line of the agent's own. */
  readonly say: (line: string) => void;
  readonly close: () => LogSummary;
};

export const openJobLog = (folders: LogFolders, name: AttemptName, publish: (piece: NumberedPiece) => void): JobLog => {
  mkdirSync(folders.text, { recursive: true, mode: 0o750 });
  mkdirSync(folders.pieces, { recursive: true, mode: 0o700 });
  const text = openSync(join(folders.text, `${keyOf(name)}.log`), 'w', 0o640);
  const pieces = openSync(pieceFile(folders, name), 'w', 0o600);
  const hash = createHash('sha256');
  let seq = 0;
  let characters = 0;
  let lost = 0;
  /** Numbered, counted and sent only if it is on the disk, where it can be asked for again. */
  const store = (piece: Piece): void => {
    const stored = { seq: seq + 1, at: new Date().toISOString(), ...piece };
    appendWhole(pieces, `${JSON.stringify(stored)}\n`);
    seq += 1;
    hash.update(piece.text);
    publish(stored);
    appendWhole(text, piece.progress ? `${piece.text}[${piece.progress.percent} %] ${piece.progress.text}\n` : piece.text);
  };
  const add = (piece: Piece): void => {
    try {
      if (lost > 0) store({ text: `\n[citrus] the disk was full: ${lost} characters of output are not kept\n` });
      lost = 0;
      store(piece);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      lost += piece.text.length;
    }
  };
  const tail = createTail(LAST_CHARACTERS);
  const addTail = (): void => {
    const { pieces: last, dropped, lines } = tail.take();
    if (dropped > 0) add({ text: `\n[citrus] ${dropped} characters in ${lines} lines are left out here; what follows is the end of the output\n` });
    for (const piece of last) add(piece);
  };
  const write = (piece: Piece): void => {
    if (characters > FIRST_CHARACTERS) return tail.push(piece);
    characters += piece.text.length;
    add(piece);
    if (characters > FIRST_CHARACTERS) add({ text: `\n[citrus] the output is longer than ${FIRST_CHARACTERS} characters; from here on only its end is kept, and shown when it ends\n` });
  };
  return {
    write,
    say: (line) => {
      addTail();
      add({ text: `[citrus] ${line}\n` });
    },
    close: () => {
      addTail();
      closeSync(text);
      closeSync(pieces);
      return { logChunks: seq, logDigest: hash.digest('hex') };
    },
  };
};

/** The beginning and the end stay; a piece in between stands for the others and says how many there were. */
export const withoutMiddle = (pieces: readonly StoredPiece[], endCharacters = END_CHARACTERS): readonly StoredPiece[] => {
  const fits = (some: readonly StoredPiece[]): number => {
    let characters = 0;
    const first = some.findIndex(({ text }) => (characters += text.length) > endCharacters);
    return first === -1 ? some.length : first;
  };
  const [head, tail] = [fits(pieces), fits(pieces.toReversed())];
  const middle = pieces.slice(head, pieces.length - tail);
  const [first, last] = [middle[0], middle.at(-1)];
  if (!first || !last || middle.length < 2) return pieces;
  const characters = middle.reduce((sum, { text }) => sum + text.length, 0);
  const gap = { seq: first.seq, at: first.at, through: last.through ?? last.seq, text: `\n[citrus] ${characters} characters in ${middle.length} pieces are gone: this server had to make room for newer logs\n` };
  return [...pieces.slice(0, head), gap, ...pieces.slice(pieces.length - tail)];
};

const filesIn = (folder: string) => {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).map((file) => ({ file: join(folder, file), ...pick(statSync(join(folder, file))) })).sort((a, b) => b.at - a.at);
};
const pick = ({ mtimeMs, size }: { mtimeMs: number; size: number }) => ({ at: mtimeMs, size });

/** Without its middle; whole lines only, and gone where there is no room even for that. */
const shorten = (file: string): number => {
  const lines = (readIfThere(file) ?? '').split('\n').filter(Boolean);
  try {
    const pieces = lines.flatMap((line) => parsePiece(line) ?? []);
    writeDurably(file, withoutMiddle(pieces).map((piece) => `${JSON.stringify(piece)}\n`).join(''));
    return statSync(file).size;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    rmSync(file, { force: true });
    return 0;
  }
};

const parsePiece = (line: string): StoredPiece | undefined => {
  try {
    return JSON.parse(line) as StoredPiece;
  } catch {
    return undefined;
  }
};

/** Keeps the newest logs. While all together are too large, the oldest give up their middle, and then the oldest go. Never while a job writes one. */
export const pruneLogs = (folders: LogFolders, mostBytes = SPOOL_BYTES): void => {
  for (const folder of [folders.text, folders.pieces]) {
    const files = filesIn(folder);
    for (const { file } of files.slice(FILES_KEPT)) rmSync(file, { force: true });
    const kept = files.slice(0, FILES_KEPT).toReversed();
    let bytes = kept.reduce((sum, { size }) => sum + size, 0);
    if (folder === folders.pieces) {
      for (const one of kept) {
        if (bytes <= mostBytes) break;
        bytes -= one.size;
        one.size = shorten(one.file);
        bytes += one.size;
      }
    }
    for (const { file, size } of kept) {
      if (bytes <= mostBytes) break;
      rmSync(file, { force: true });
      bytes -= size;
    }
  }
};
