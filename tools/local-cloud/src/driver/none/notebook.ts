import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The user data of a thousand droplets in one file, a line for each change: a folder and a synced file for each of them
 * would be most of what a bench measures. A killed local cloud loses nothing of it, a power cut may.
 */
export type Note = { userData: string; hasBooted: boolean };
type Line = { id: number; userData?: string; hasBooted?: boolean; isGone?: true };

export class Notebook {
  readonly #notes = new Map<number, Note>();
  readonly #file: string;
  #stream: WriteStream | undefined;

  constructor(file: string) {
    this.#file = file;
    if (existsSync(file)) for (const line of readFileSync(file, 'utf8').split('\n')) this.#take(line);
  }

  of(id: number): Note {
    return this.#notes.get(id) ?? { userData: '', hasBooted: false };
  }

  note(line: Line): Promise<void> {
    this.#apply(line);
    return new Promise((resolve, reject) => {
      this.#open().write(`${JSON.stringify(line)}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Forgets all but these, in the file too. */
  keep(ids: ReadonlySet<number>): void {
    for (const id of this.#notes.keys()) if (!ids.has(id)) this.#notes.delete(id);
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    writeFileSync(this.#file, [...this.#notes].map(([id, note]) => `${JSON.stringify({ id, ...note })}\n`).join(''), { mode: 0o600 });
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (!stream) return;
    stream.end();
    await once(stream, 'close');
  }

  #open(): WriteStream {
    this.#stream ??= createWriteStream(this.#file, { flags: 'a', mode: 0o600 }).setMaxListeners(0);
    return this.#stream;
  }

  /** The last line may have been cut by a kill. */
  #take(text: string): void {
    try {
      this.#apply(JSON.parse(text) as Line);
    } catch {
      // nobody has heard of what it told
    }
  }

  #apply({ id, isGone, ...change }: Line): void {
    if (isGone) this.#notes.delete(id);
    else this.#notes.set(id, { ...this.of(id), ...change });
  }
}
