/**
 * Where a live source leaves what happens while its reader is busy. It is bounded: a reader who falls behind by more is
 * told so instead of filling the memory, and reads the rest from the log.
 */
export class Mailbox<Item> {
  #items: Item[] = [];
  #wake: (() => void) | undefined;
  #atOnce: ((item: Item) => boolean) | undefined;
  #hasOverflowed = false;
  #listensTo: AbortSignal | undefined;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  put(item: Item): void {
    if (this.#atOnce?.(item)) return;
    this.#atOnce = undefined; // what comes after this one has to wait for it
    if (this.#items.length < this.#capacity) this.#items.push(item);
    else this.#hasOverflowed = true;
    this.#wake?.();
  }

  /**
   * Waits until there is something, the time is over or the signal aborts, and takes all of it. `hasOverflowed` says
   * that something was dropped since the last time. While it waits, `atOnce` is offered each item in the very moment that
   * it is put; what it takes (true) needs no waking, which for thousands of readers costs more than all the rest.
   */
  async take(signal: AbortSignal, { timeoutMs, atOnce }: { timeoutMs?: number; atOnce?: (item: Item) => boolean } = {}): Promise<{ items: Item[]; hasOverflowed: boolean }> {
    if (this.#items.length === 0 && !this.#hasOverflowed && !signal.aborted) {
      this.#atOnce = atOnce;
      await this.#wait(signal, timeoutMs);
      this.#atOnce = undefined;
    }
    const taken = { items: this.#items, hasOverflowed: this.#hasOverflowed };
    this.#items = [];
    this.#hasOverflowed = false;
    return taken;
  }

  async #wait(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
    this.#wake = resolve;
    this.#listenTo(signal);
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }

  /** A stream waits thousands of times on one signal: it is listened to once. */
  #listenTo(signal: AbortSignal): void {
    if (this.#listensTo === signal) return;
    this.#listensTo = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }
}
