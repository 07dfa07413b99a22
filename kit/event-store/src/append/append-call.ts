/**
 * A call of a prepared function, of which only the first row is wanted, as it comes: what the driver does for any query
 * (ask for the columns' names, look up their types, make objects of them) takes longer here than all the rest of an append.
 */
import type { Connection, Submittable } from 'pg';

export type Prepared = { readonly name: string; readonly text: string };
/** Text as PostgreSQL reads it, or its binary format. */
export type Value = string | Buffer | null;
export type Fields = readonly (string | null)[];

/** What each connection keeps prepared; it is forgotten with the connection, which no error outlives. */
const preparedOn = new WeakMap<Connection, Set<string>>();

const prepare = (connection: Connection, { name, text }: Prepared): void => {
  const names = preparedOn.get(connection) ?? new Set();
  if (names.has(name)) return;
  connection.parse({ name, text, types: [] }, false);
  preparedOn.set(connection, names.add(name));
};

/** Give it to `client.query`. A connection on which it failed must not be used again. */
export class AppendCall implements Submittable {
  readonly #statement: Prepared;
  readonly #values: Value[];
  readonly #resolve: (fields: Fields) => void;
  readonly #reject: (error: Error) => void;
  #fields: Fields = [];

  constructor(statement: Prepared, values: Value[], [resolve, reject]: [resolve: (fields: Fields) => void, reject: (error: Error) => void]) {
    this.#statement = statement;
    this.#values = values;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** All messages leave as one packet. */
  submit(connection: Connection): void {
    connection.stream.cork();
    prepare(connection, this.#statement);
    connection.bind({ statement: this.#statement.name, values: this.#values }, false);
    connection.execute(null, false);
    connection.sync();
    connection.stream.uncork();
  }

  /** Called by the driver, as the next ones. */
  handleDataRow({ fields }: { fields: Fields }): void {
    this.#fields = fields;
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#resolve(this.#fields);
  }

  handleError(error: Error): void {
    this.#reject(error);
  }
}
