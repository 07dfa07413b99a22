/**
 * Whether this process can do its work now. Parts that may fail (a database, the broker) add a check that says what is
 * wrong and what to do; an unready process stays alive, says so, takes no requests, and comes back by itself.
 */
import type { Logger } from '@citrus/kit-messaging';
import { setTimeout as delay } from 'node:timers/promises';

/** Undefined when all is well, otherwise what is down and what to do about it. */
export type Check = () => Promise<string | undefined>;
export type Verdict = { readonly isReady: boolean; readonly detail?: string };

const CHECK_TIMEOUT_MS = 4000;
const EVERY_MS = 1000;
/** What a process waits for when it starts is mostly there at once. */
const FIRST_AGAIN_MS = 50;

const inTime = async (name: string, check: Check): Promise<string | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => (timer = setTimeout(() => resolve(`${name} did not answer within ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS)));
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
  }
};

type Named = Iterable<readonly [string, Check]>;
const problemsOf = async (checks: Named): Promise<string[]> => (await Promise.all([...checks].map(([name, check]) => inTime(name, check)))).filter((problem) => problem !== undefined);

/** Asks all checks side by side; notes are said too, and keep nobody from working. */
export const readinessOf = async (checks: Named, notes: Named = []): Promise<Verdict> => {
  const [problems, noted] = await Promise.all([problemsOf(checks), problemsOf(notes)]);
  const detail = [...problems, ...noted].join('; ');
  return { isReady: problems.length === 0, ...(detail && { detail }) };
};

export class Readiness {
  readonly #checks = new Map<string, Check>();
  readonly #notes = new Map<string, Check>();
  readonly #logger: Logger;
  readonly #onChange: (verdict: Verdict) => void;
  #verdict: Verdict = { isReady: false, detail: 'starting' };
  #timer: NodeJS.Timeout | undefined;
  #turns = 0;
  #lastTurn = 0;
  readonly #stopping = new AbortController();

  constructor({ logger, onChange }: { logger: Logger; onChange: (verdict: Verdict) => void }) {
    this.#logger = logger;
    this.#onChange = onChange;
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  add(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  /** For what a person has to put right while the process goes on working. */
  addNote(name: string, check: Check): void {
    this.#notes.set(name, check);
  }

  /**
   * Adds the check and waits until it passes: what is built after this may rely on it.
   * @throws when the process is stopped meanwhile
   */
  async until(name: string, check: Check): Promise<void> {
    this.add(name, check);
    for (let pauseMs = FIRST_AGAIN_MS; (await inTime(name, check)) !== undefined; pauseMs = Math.min(2 * pauseMs, EVERY_MS / 2)) {
      if (this.#stopping.signal.aborted) throw new Error(`stopped while waiting for the ${name}`);
      await delay(pauseMs);
    }
  }

  async check(): Promise<void> {
    const turn = (this.#turns += 1);
    const verdict = await readinessOf(this.#checks, this.#notes);
    // A slow check must not overwrite what a later one has found.
    if (this.#stopping.signal.aborted || turn < this.#lastTurn) return;
    this.#lastTurn = turn;
    this.#take(verdict);
  }

  /** Checks every second from now on; sooner while what is missing changes, as when the process starts. */
  watch(pauseMs = FIRST_AGAIN_MS): void {
    if (this.#stopping.signal.aborted) return;
    const { isReady, detail } = this.#verdict;
    const checkAgain = async () => {
      await this.check();
      this.watch(this.#verdict.detail === detail ? Math.min(2 * pauseMs, EVERY_MS) : FIRST_AGAIN_MS);
    };
    this.#timer = setTimeout(() => void checkAgain(), isReady ? EVERY_MS : pauseMs);
  }

  /** Not ready, for good: the process is going away. */
  stop(): void {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    this.#take({ isReady: false, detail: 'stopping' });
  }

  #take(verdict: Verdict): void {
    const before = this.#verdict;
    this.#verdict = verdict;
    if (before.isReady === verdict.isReady && before.detail === verdict.detail) return;
    if (verdict.isReady) this.#logger.info({ event: 'service.ready', detail: verdict.detail }, verdict.detail ? `ready, but: ${verdict.detail}` : 'ready');
    else this.#logger.warn({ event: 'service.not_ready', detail: verdict.detail }, `not ready: ${verdict.detail}`);
    this.#onChange(verdict);
  }
}
