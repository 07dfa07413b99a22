import type { Digest } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import type { Bundle } from './bundle.ts';

/** Of bundles that are kept in memory. */
const MOST_CHARACTERS = 16 * 1024 ** 2;

/** Every bundle that was ever loaded, by its digest, and how often the installers were reloaded. */
export class BundleStore {
  readonly #read = new Map<Digest, string>();
  #characters = 0;

  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async keep(bundles: readonly Bundle[]): Promise<void> {
    if (bundles.length === 0) return;
    const rows = bundles.map(({ digest, json }) => ({ digest, json }));
    await this.db.insertInto('bundles').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
  }

  /** What a digest names never changes, and a run asks for the same one for each of its servers. */
  async read(digest: Digest): Promise<string | undefined> {
    const known = this.#read.get(digest);
    if (known !== undefined) return known;
    const row = await this.db.selectFrom('bundles').select('json').where('digest', '=', digest).executeTakeFirst();
    if (row) this.#remember(digest, row.json);
    return row?.json;
  }

  #remember(digest: Digest, json: string): void {
    if (this.#read.has(digest)) return;
    this.#read.set(digest, json);
    this.#characters += json.length;
    for (const [other, { length }] of this.#read) {
      if (this.#characters <= MOST_CHARACTERS) return;
      this.#read.delete(other);
      this.#characters -= length;
    }
  }

  async generation(): Promise<number> {
    const row = await this.db.selectFrom('installer_reloads').select('generation').executeTakeFirst();
    return row?.generation ?? 0;
  }

  async nextGeneration(): Promise<number> {
    const row = await this.db
      .insertInto('installer_reloads')
      .values({ one: true, generation: 1 })
      .onConflict((conflict) => conflict.column('one').doUpdateSet({ generation: sql`installer_reloads.generation + 1` }))
      .returning('generation')
      .executeTakeFirstOrThrow();
    return row.generation;
  }
}
