/**
 * Who goes on next, by chance and by seed alone. Whatever a replica does outside itself is a turn: it waits until the
 * seed picks it. A replica that is killed gets no further turn, so it dies between any two lines.
 */

/** mulberry32: small, and the same everywhere. */
export const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Waiting = { readonly owner: object; readonly go: () => void };

export class Turns {
  #waiting: Waiting[] = [];
  readonly #dead = new WeakSet<object>();

  constructor(readonly chance: () => number) {}

  /** The effect happens as one, when it is its turn; of a dead owner never. */
  take<Result>(owner: object, effect: () => Result): Promise<Result> {
    if (this.#dead.has(owner)) return new Promise<Result>(() => undefined);
    return new Promise<Result>((resolve, reject) => {
      const go = () => {
        try {
          resolve(effect());
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.push({ owner, go });
    });
  }

  kill(owner: object): void {
    this.#dead.add(owner);
    this.#waiting = this.#waiting.filter((waiting) => waiting.owner !== owner);
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** One of those that wait; what follows from it runs until its next turn. */
  next(): void {
    const [picked] = this.#waiting.splice(Math.floor(this.chance() * this.#waiting.length), 1);
    picked?.go();
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.chance() * items.length)];
  }
}

/** Every continuation that is ready has run. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
