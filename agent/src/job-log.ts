/**
 * The log of one attempt, kept twice: as plain text for whoever sits at the server, and as numbered pieces that can be
 * sent again if one was lost on the way. Bounded, so that a script in a loop cannot fill the disk.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { appendWhole, isDiskFull } from './append.ts';
import { readIfThere } from './files.ts';
import { keyOf } from './journal.ts';
import type { Piece } from './output.ts';

export type NumberedPiece = Piece & { readonly seq: number; readonly at: string };
export type AttemptName = { readonly jobId: string; readonly attempt: number };
export type LogFolders = { readonly text: string; readonly pieces: string };
/** What agent-mgmt compares at the end: how many pieces there were and the SHA-256 over their texts. */
export type LogSummary = { readonly logChunks: number; readonly logDigest: string };

const MAX_CHARACTERS = 32 * 1024 ** 2;
const FILES_KEPT = 100;
/** A reply to `read-log` must fit into one message of the broker. */
const REPLY_BYTES = 600_000;

const pieceFile = (folders: LogFolders, name: AttemptName) => join(folders.pieces, `${keyOf(name)}.jsonl`);

const readPieces = (folders: LogFolders, name: AttemptName): NumberedPiece[] => {
  const pieces: NumberedPiece[] = [];
  for (const line of (readIfThere(pieceFile(folders, name)) ?? '').split('\n')) {
    if (line === '') continue;
    try {
      pieces.push(JSON.parse(line) as NumberedPiece);
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

/** Pieces `fromSeq` to `toSeq`, or as many of them as fit into one reply. */
export const readLog = (folders: LogFolders, name: AttemptName, fromSeq: number, toSeq: number): { seq: number; at: string; text: string }[] => {
  let bytes = 0;
  return readPieces(folders, name)
    .filter(({ seq }) => seq >= fromSeq && seq <= toSeq)
    .map(({ seq, at, text }) => ({ seq, at, text }))
    .filter((piece) => (bytes += Buffer.byteLength(JSON.stringify(piece))) <= REPLY_BYTES);
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
  const write = (piece: Piece): void => {
    if (characters > MAX_CHARACTERS) return;
    characters += piece.text.length;
    add(characters > MAX_CHARACTERS ? { text: `\n[citrus] the output is longer than ${MAX_CHARACTERS} characters; the rest is not kept\n` } : piece);
  };
  return {
    write,
    say: (line) => add({ text: `[citrus] ${line}\n` }),
    close: () => {
      closeSync(text);
      closeSync(pieces);
      return { logChunks: seq, logDigest: hash.digest('hex') };
    },
  };
};

/** Keeps the newest logs. */
export const pruneLogs = (folders: LogFolders): void => {
  for (const folder of [folders.text, folders.pieces]) {
    mkdirSync(folder, { recursive: true });
    const files = readdirSync(folder).map((file) => ({ file, at: statSync(join(folder, file)).mtimeMs }));
    for (const { file } of files.sort((a, b) => b.at - a.at).slice(FILES_KEPT)) rmSync(join(folder, file), { force: true });
  }
};
