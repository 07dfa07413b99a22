/**
 * What this hub has heard of the logs: how far each has gone on, for each project. An answer is current while nothing that
 * may concern it was heard beyond the position that it is of. Positions are dense, so a hole shows what was missed.
 */
import type { LoggedService } from '@citrus/contracts';

/** Beyond that many it is forgotten which: then everybody's answers are old once. */
const MOST_PROJECTS = 20_000;

export type HeardEvent = { readonly position: number; readonly projectId?: string | undefined };

export class Heard {
  readonly #heads = new Map<LoggedService, number>();
  readonly #everybody = new Map<LoggedService, number>();
  readonly #ofProject = new Map<string, number>();

  constructor(private readonly mostProjects = MOST_PROJECTS) {}

  /** May come twice and in any order. */
  learn(service: LoggedService, { position, projectId }: HeardEvent): void {
    const head = this.#heads.get(service);
    // The first that is heard comes after some that were not.
    if (head === undefined || position > head + 1) this.#everybodyAt(service, position - 1);
    this.#heads.set(service, Math.max(head ?? 0, position));
    if (projectId === undefined) this.#everybodyAt(service, position);
    else this.#projectAt(service, projectId, position);
  }

  /** Something may have been missed: the next event says how much. */
  forget(): void {
    this.#heads.clear();
  }

  /** Whether an answer for a project that shows a log up to `asOf` says the same as one that was given now. */
  isCurrent(service: LoggedService, projectId: string, asOf: number): boolean {
    return asOf >= (this.#everybody.get(service) ?? 0) && asOf >= (this.#ofProject.get(`${service} ${projectId}`) ?? 0);
  }

  #everybodyAt(service: LoggedService, position: number): void {
    this.#everybody.set(service, Math.max(position, this.#everybody.get(service) ?? 0));
  }

  #projectAt(service: LoggedService, projectId: string, position: number): void {
    const key = `${service} ${projectId}`;
    const known = this.#ofProject.get(key);
    if (known === undefined && this.#ofProject.size >= this.mostProjects) {
      this.#ofProject.clear();
      for (const [log, head] of this.#heads) this.#everybodyAt(log, head);
    }
    this.#ofProject.set(key, Math.max(position, known ?? 0));
  }
}
