import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type State } from './state.ts';

/**
 * The state file. `save()` resolves when everything changed before the call is on disk: written to a second file,
 * synced, renamed over the first, folder synced. A kill at any point leaves the old file or the new one. Saves that
 * queue up while one is being written are one write. A lazy store waits for nobody: it writes what has changed now and
 * then, and what a kill may cost is a fraction of a second.
 */
const lazyEveryMs = 250;

export class Store {
  readonly state: State;
  readonly #file: string;
  readonly #dir: string;
  #writing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  readonly #lazy: boolean;
  #later: NodeJS.Timeout | undefined;

  constructor(dir: string, { lazy = false } = {}) {
    this.#lazy = lazy;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#dir = dir;
    this.#file = join(dir, 'state.json');
    this.state = readState(this.#file) ?? firstState();
  }

  save(): Promise<void> {
    if (!this.#lazy) return this.flush();
    if (this.#later) return Promise.resolve();
    this.#later = setTimeout(() => {
      // a full disk shows at the next flush, which is waited for
      this.flush().catch(() => {});
    }, lazyEveryMs).unref();
    return Promise.resolve();
  }

  /** On disk before it resolves, lazy or not. */
  flush(): Promise<void> {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#queued) return this.#queued;
    if (!this.#writing) return this.#begin();
    const previous = this.#writing;
    this.#queued = (async () => {
      await Promise.allSettled([previous]);
      this.#queued = undefined;
      await this.#begin();
    })();
    return this.#queued;
  }

  #begin(): Promise<void> {
    const writing = this.#write().finally(() => {
      if (this.#writing === writing) this.#writing = undefined;
    });
    this.#writing = writing;
    return writing;
  }

  async #write(): Promise<void> {
    const next = `${this.#file}.next`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(this.state));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.#file);
    syncFolder(this.#dir);
  }
}

const syncFolder = (path: string) => {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
};

const readState = (file: string): State | undefined => {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const state = JSON.parse(text) as State & Partial<Pick<State, 'snapshots' | 'nextImageId'>>;
  if (state.version !== 1) throw new Error(`${file} was written by another version of the local cloud`);
  // an earlier version had no snapshots
  return { ...state, snapshots: state.snapshots ?? [], nextImageId: state.nextImageId ?? firstImageId() };
};

/** Above the ids of public images. */
const firstImageId = (): number => Math.floor(Date.now() / 1000) - 1_500_000_000;

/** Ids start from the clock, so that a cloud whose folder was deleted does not give out old ids again. */
const firstState = (): State => {
  const seconds = Math.floor(Date.now() / 1000);
  return {
    version: 1,
    accountUuid: randomUUID(),
    vpcUuid: randomUUID(),
    nextDropletId: seconds - 1_200_000_000,
    nextActionId: seconds + 1_000_000_000,
    nextSlot: 0,
    nextImageId: firstImageId(),
    network: null,
    tags: [],
    droplets: [],
    actions: [],
    snapshots: [],
  };
};
