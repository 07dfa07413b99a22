/** Live streams never end by themselves; this ends them when the process is asked to stop. */
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

@Injectable()
export class Shutdown implements BeforeApplicationShutdown {
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  beforeApplicationShutdown(): void {
    this.#controller.abort();
  }
}
