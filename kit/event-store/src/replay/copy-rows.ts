/** Takes COPY's binary format apart, whatever pieces it arrives in: a header, rows, and a mark behind the last one. */
import { FIRST_OF_ANY_SIZE, REPLAYED_FIELDS, ReplayedEvent } from './replayed-event.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
const END_MARK = -1;
const LENGTH = 4;
const SMALL_ROW = 2048;

export type RowParser = {
  /** The events that are whole now. */
  feed(chunk: Buffer): ReplayedEvent[];
  /** @throws Error when the last row, or the mark behind it, never came */
  end(): void;
};

/** Behind the field that begins here, or nothing when its length is not there yet; -1 is null. */
const behind = (bytes: Buffer, at: number): number | undefined => {
  if (at + LENGTH > bytes.length) return undefined;
  const length = bytes.readInt32BE(at);
  return at + LENGTH + (length === -1 ? 0 : length);
};

/** The row that starts here and where it ends, when it is whole. */
const rowAt = (bytes: Buffer, start: number): { event: ReplayedEvent; end: number } | undefined => {
  const about = behind(bytes, start + FIRST_OF_ANY_SIZE);
  const hash = about === undefined ? undefined : behind(bytes, about);
  const type = hash === undefined ? undefined : behind(bytes, hash);
  const stream = type === undefined ? undefined : behind(bytes, type);
  const data = stream === undefined ? undefined : behind(bytes, stream);
  const meta = data === undefined ? undefined : behind(bytes, data);
  const end = meta === undefined ? undefined : behind(bytes, meta);
  if (about === undefined || hash === undefined || type === undefined || stream === undefined || data === undefined || meta === undefined || end === undefined || end > bytes.length) return undefined;
  return { event: new ReplayedEvent(bytes, { start, about, hash, type, stream, data, meta }), end };
};

/** The row whose beginning came with an earlier piece; only as much of this piece is copied as that row needs. */
const completed = (rest: Buffer, chunk: Buffer) => {
  for (let taken = SMALL_ROW; ; taken *= 4) {
    const row = rowAt(Buffer.concat([rest, chunk.subarray(0, taken)]), 0);
    if (row) return { event: row.event, behind: row.end - rest.length };
    if (taken >= chunk.length) return undefined;
  }
};

export const createRowParser = (): RowParser => {
  let rest: Buffer = Buffer.alloc(0);
  let isBegun = false;
  let isOver = false;

  /** The rows that are whole from here on. */
  const rowsFrom = (start: number, bytes: Buffer): ReplayedEvent[] => {
    const events: ReplayedEvent[] = [];
    let at = start;
    for (; at + 2 <= bytes.length; ) {
      const fields = bytes.readInt16BE(at);
      if (fields === END_MARK) {
        isOver = true;
        at += 2;
        break;
      }
      if (fields !== REPLAYED_FIELDS) throw new Error(`a row of ${fields} fields where ${REPLAYED_FIELDS} were asked for`);
      const row = rowAt(bytes, at);
      if (!row) break;
      events.push(row.event);
      at = row.end;
    }
    rest = bytes.subarray(at);
    return events;
  };

  const begin = (bytes: Buffer): ReplayedEvent[] => {
    rest = bytes;
    if (bytes.length < HEADER_BYTES) return [];
    if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new Error('this is not the binary format of COPY');
    isBegun = true;
    return rowsFrom(HEADER_BYTES + bytes.readInt32BE(HEADER_BYTES - LENGTH), bytes);
  };

  return {
    feed: (chunk) => {
      if (!isBegun) return begin(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
      if (rest.length === 0) return rowsFrom(0, chunk);
      const row = rest.length < 2 ? undefined : completed(rest, chunk);
      if (!row) return rowsFrom(0, Buffer.concat([rest, chunk]));
      return [row.event, ...rowsFrom(row.behind, chunk)];
    },
    end: () => {
      if (!isOver || rest.length > 0) throw new Error('the page of the log ended in the middle of an event');
    },
  };
};
