/**
 * A COPY on a connection, as pieces of rows. It takes the connection's bytes as they come from the socket: the driver
 * would make an object and a copy of every row. A reader that is slow stops the socket, and so the database.
 */
import { Readable } from 'node:stream';
import type { Connection, Submittable } from 'pg';
import { createCopyReader, type CopyReader } from './copy-rows.ts';

type Listener = (chunk: Buffer) => void;

/** Give it to `client.query`; then read it to its end, or destroy it and the connection. */
export class CopyStream extends Readable implements Submittable {
  readonly #statement: string;
  readonly #reader: CopyReader;
  #connection: Connection | undefined;
  /** The driver's own, which is told what is not ours. */
  #driver: Listener | undefined;
  #isAsked = false;
  /** How much has come. */
  bytes = 0;

  /** @param rows a select without parameters, of columns that a replayed event knows */
  constructor(rows: { readonly columns: readonly string[]; readonly from: string }) {
    super({ objectMode: true, highWaterMark: 1 });
    this.#statement = `copy (select ${rows.columns.join(', ')} ${rows.from}) to stdout (format binary)`;
    this.#reader = createCopyReader(rows.columns.length);
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    this.#connection = connection;
    [this.#driver] = stream.listeners('data') as Listener[];
    if (!this.#driver) throw new Error('the connection is not read by its driver');
    stream.removeListener('data', this.#driver);
    stream.pause();
    stream.on('readable', this.#forward);
    connection.query(this.#statement);
    this.#forward();
  }

  override _read(): void {
    this.#isAsked = true;
    this.#forward();
  }

  /** Called by the driver: the database refused, or the connection is gone. */
  handleError(error: Error): void {
    this.destroy(error);
  }

  /** Called by the driver when the connection is its own again. */
  handleCommandComplete(): void {}
  handleReadyForQuery(): void {}

  readonly #forward = (): void => {
    if (!this.#connection) return;
    try {
      for (let chunk; this.#isAsked && this.#connection && (chunk = this.#connection.stream.read() as Buffer | null); ) this.#take(chunk);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    const { events, behind } = this.#reader.feed(chunk);
    if (events.length > 0) this.#isAsked = this.push(events);
    if (!behind) return;
    const isRefused = this.#giveBack(behind);
    if (isRefused) return;
    this.#reader.end();
    this.push(null);
  }

  /** True when what came behind the rows was no end but a refusal, which the driver has told us by now. */
  #giveBack(behind: Buffer): boolean {
    const stream = this.#connection?.stream;
    this.#connection = undefined;
    if (!stream || !this.#driver) return true;
    stream.removeListener('readable', this.#forward);
    stream.on('data', this.#driver);
    this.#driver(behind);
    // Not before the driver may have paused it for a reason of its own.
    process.nextTick(() => stream.resume());
    return this.destroyed;
  }
}
