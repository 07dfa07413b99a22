/**
 * Takes apart what PostgreSQL answers to a binary COPY: messages of its protocol, each of which holds one row (the first
 * one behind the format's header, the last one only the mark behind all rows), in whatever pieces they arrive. A row is
 * looked into when somebody asks for what stands in it; here only its beginning is noted.
 */
import { ReplayedEvent } from './replayed-event.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
const END_MARK = -1;
const LENGTH = 4;

/** A message: its code, then its length, which does not count the code. */
const MESSAGE_HEAD = 1 + LENGTH;
const codeOf = (letter: string): number => letter.charCodeAt(0);
const COPY_DATA = codeOf('d');
const COPY_DONE = codeOf('c');
/** What says nothing about rows: that a COPY begins, a parameter's value, a notice, a notification. */
const PASSED_OVER = new Set(['H', 'S', 'N', 'A'].map(codeOf));

export type CopiedRows = {
  /** Those that are whole now. */
  readonly events: readonly ReplayedEvent[];
  /** When the COPY is over, well or badly: what else came, which the connection has to be told. */
  readonly behind?: Buffer;
};
export type CopyReader = {
  feed(chunk: Buffer): CopiedRows;
  /** @throws Error when the mark behind the last row never came */
  end(): void;
};

/** The rows in messages; a message belongs to one row, as the protocol promises. */
const createRowFinder = (wanted: number) => {
  let [isBegun, isOver] = [false, false];
  const behindHeader = (bytes: Buffer, at: number): number => {
    if (bytes.compare(SIGNATURE, 0, SIGNATURE.length, at, at + SIGNATURE.length) !== 0) throw new Error('this is not the binary format of COPY');
    isBegun = true;
    return at + HEADER_BYTES + bytes.readInt32BE(at + HEADER_BYTES - LENGTH);
  };
  return {
    rowIn: (bytes: Buffer, from: number, end: number): ReplayedEvent | undefined => {
      const at = isBegun ? from : behindHeader(bytes, from);
      if (at === end) return undefined;
      const fields = bytes.readInt16BE(at);
      if (fields === END_MARK) {
        isOver = true;
        return undefined;
      }
      if (fields !== wanted) throw new Error(`a row of ${fields} fields where ${wanted} were asked for`);
      return new ReplayedEvent(bytes, at);
    },
    isOver: () => isOver,
  };
};

/** A message whose beginning came with one piece and whose end comes with another. */
type Partial = { readonly bytes: Buffer; filled: number };

/** @param fields how many columns a row has */
export const createCopyReader = (fields: number): CopyReader => {
  const rows = createRowFinder(fields);
  let partial: Partial | undefined;

  /** Fills it up; gives how much of the piece that took. */
  const fill = (into: Partial, chunk: Buffer, from: number): number => {
    const copied = chunk.copy(into.bytes, into.filled, from);
    into.filled += copied;
    return from + copied;
  };

  /** The messages that are whole between here and there; gives where the first one begins that is not, or that ends the COPY. */
  const read = (bytes: Buffer, from: number, events: ReplayedEvent[]): { at: number; behind?: Buffer } => {
    let at = from;
    while (at + MESSAGE_HEAD <= bytes.length) {
      const code = bytes.readUInt8(at);
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      if (code === COPY_DATA) {
        const event = rows.rowIn(bytes, at + MESSAGE_HEAD, end);
        if (event) events.push(event);
      } else if (!PASSED_OVER.has(code)) return { at, behind: bytes.subarray(code === COPY_DONE ? end : at) };
      at = end;
    }
    return { at };
  };

  /** Room for as much as is known of it: its head, or all of it. */
  const keep = (bytes: Buffer, from: number): void => {
    if (from === bytes.length) return;
    const isSized = bytes.length - from >= MESSAGE_HEAD;
    partial = { bytes: Buffer.allocUnsafe(isSized ? 1 + bytes.readInt32BE(from + 1) : MESSAGE_HEAD), filled: 0 };
    fill(partial, bytes, from);
  };

  /** The message that was left over, as far as this piece goes; gives where the next one begins. */
  const readPartial = (chunk: Buffer, events: ReplayedEvent[]): { at: number; behind?: Buffer } => {
    let at = 0;
    while (partial) {
      at = fill(partial, chunk, at);
      const { bytes, filled } = partial;
      if (filled < bytes.length) return { at };
      partial = undefined;
      const own = read(bytes, 0, events);
      if (own.behind) return { at, behind: Buffer.concat([own.behind, chunk.subarray(at)]) };
      keep(bytes, own.at);
    }
    return { at };
  };

  return {
    feed: (chunk) => {
      const events: ReplayedEvent[] = [];
      const first = readPartial(chunk, events);
      if (first.behind) return { events, behind: first.behind };
      const { at, behind } = read(chunk, first.at, events);
      if (behind) return { events, behind };
      if (!partial) keep(chunk, at);
      return { events };
    },
    end: () => {
      if (!rows.isOver()) throw new Error('the page of the log ended in the middle of an event');
    },
  };
};
