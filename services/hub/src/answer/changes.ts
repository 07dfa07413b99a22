/**
 * When somebody last changed something through this hub. An answer that was asked for before such a change ended may lack it,
 * whatever was heard of the logs; so nothing that was asked for before is given any more.
 */
const MOST_PROJECTS = 20_000;

export class Changes {
  #now = 0;
  #everywhere = 0;
  readonly #inProject = new Map<string, number>();

  constructor(private readonly mostProjects = MOST_PROJECTS) {}

  /** To be noted when an answer is asked for. */
  get now(): number {
    return this.#now;
  }

  /** Without a project: it may concern all of them. */
  ended(projectId: string | undefined): void {
    this.#now += 1;
    if (projectId !== undefined && (this.#inProject.has(projectId) || this.#inProject.size < this.mostProjects)) {
      this.#inProject.set(projectId, this.#now);
      return;
    }
    this.#everywhere = this.#now;
    this.#inProject.clear();
  }

  isSince(projectId: string, askedAt: number): boolean {
    return askedAt >= this.#everywhere && askedAt >= (this.#inProject.get(projectId) ?? 0);
  }
}
