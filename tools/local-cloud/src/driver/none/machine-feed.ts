import { randomUUID } from 'node:crypto';

/**
 * What would have happened to machines, in its order. A follower asks for what came after the last number it saw and is
 * kept waiting until there is something. Numbers begin again with every start of the local cloud, which `run` tells.
 */
export type MachineEvent =
  | { event: 'boot'; droplet_id: number; name: string; address: string; first_boot: boolean; user_data: string }
  | { event: 'halt'; droplet_id: number; name: string; address: string };
export type MachineNews = { run: string; last: number; events: (MachineEvent & { seq: number })[] };

const kept = 100_000;
const atMost = 1000;

export class MachineFeed {
  readonly #run = randomUUID();
  readonly #waiting = new Set<() => void>();
  #events: (MachineEvent & { seq: number })[] = [];
  #last = 0;
  #closed = false;

  add(event: MachineEvent): void {
    this.#last += 1;
    this.#events.push({ ...event, seq: this.#last });
    if (this.#events.length > 2 * kept) this.#events = this.#events.slice(-kept);
    this.#wake();
  }

  /** At most a thousand at once; `last` is the number to ask with next. */
  async after(seq: number, waitMs: number): Promise<MachineNews> {
    if (seq >= this.#last && waitMs > 0 && !this.#closed) await this.#news(waitMs);
    const first = this.#last - this.#events.length + 1;
    const events = this.#events.slice(Math.max(0, seq + 1 - first)).slice(0, atMost);
    return { run: this.#run, last: events.at(-1)?.seq ?? this.#last, events };
  }

  /** Whoever waits is answered now. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const waiting of this.#waiting) waiting();
  }

  #news(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
    });
  }
}
