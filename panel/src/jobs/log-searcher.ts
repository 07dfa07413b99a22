/**
 * What a search through a job's whole log has found, page by page. The hub searches what is stored, so nothing needs to
 * be in the page to be found; a job that still prints is searched on from where the last search ended.
 */
import { signal } from '@preact/signals';
import { get } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { LogHit, LogHits } from '../api/types.ts';

export type Wish = { readonly q: string; readonly as: 'text' | 'pattern'; readonly case: 'any' | 'exact' };
export type Found = {
  /** In the order of their lines. */
  readonly hits: readonly LogHit[];
  readonly byLine: ReadonlyMap<number, LogHit>;
  /** How many lines have a hit, and whether there may be more. */
  readonly total: number;
  readonly isAll: boolean;
};

/** More than anybody steps through; the count still says how many there are. */
const MOST_HITS = 5000;
const PAGE = 500;

const NOTHING: Found = { hits: [], byLine: new Map(), total: 0, isAll: false };

const together = (before: Found, page: LogHits): Found => {
  const byLine = new Map(before.byLine);
  // The last line of a job that prints is found again when it has grown.
  for (const hit of page.items) byLine.set(hit.line, hit);
  const total = Math.max(byLine.size, page.count?.lines ?? 0, page.isAtEnd ? 0 : before.total);
  return { hits: [...byLine.values()], byLine, total, isAll: page.isAtEnd || (page.count?.isWhole ?? before.isAll) };
};

export class LogSearcher {
  readonly found = signal<Found | undefined>(undefined);
  readonly problem = signal<ApiProblem | undefined>(undefined);
  readonly isBusy = signal(false);
  private wish: Wish | undefined;
  private cursor: string | null = null;
  private turn = 0;

  constructor(private readonly jobId: string) {}

  /** Anew, for something else; for nothing if it is empty. */
  async search(wish: Wish): Promise<void> {
    this.wish = wish;
    this.cursor = null;
    this.turn += 1;
    this.problem.value = undefined;
    if (wish.q !== '') return this.read(this.turn, NOTHING);
    this.found.value = undefined;
    this.isBusy.value = false;
  }

  /** What the log has got since. */
  async goOn(): Promise<void> {
    const before = this.found.value;
    if (!before || this.isBusy.value || this.cursor === null || before.hits.length >= MOST_HITS) return;
    await this.read(this.turn, before);
  }

  private async read(turn: number, before: Found): Promise<void> {
    this.isBusy.value = true;
    try {
      for (let found = before; ; ) {
        const page = await get<LogHits>(this.address());
        if (turn !== this.turn) return;
        found = together(found, page);
        this.cursor = page.nextCursor;
        this.found.value = found;
        if (page.isAtEnd || page.nextCursor === null || found.hits.length >= MOST_HITS) break;
      }
    } catch (thrown) {
      if (turn === this.turn) this.problem.value = asProblem(thrown);
    }
    if (turn === this.turn) this.isBusy.value = false;
  }

  private address(): string {
    const { q = '', as = 'text', case: minds = 'any' } = this.wish ?? {};
    const query = new URLSearchParams({ q, as, case: minds, limit: String(PAGE), ...(this.cursor !== null && { cursor: this.cursor }) });
    return `/api/jobs/${this.jobId}/log/search?${query.toString()}`;
  }
}
