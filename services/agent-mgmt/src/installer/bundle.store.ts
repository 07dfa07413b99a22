import type { Digest } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import type { Bundle } from './bundle.ts';

/** Every bundle that was ever loaded, by its digest, and how often the installers were reloaded. */
export class BundleStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async keep(bundles: readonly Bundle[]): Promise<void> {
    if (bundles.length === 0) return;
    const rows = bundles.map(({ digest, json }) => ({ digest, json }));
    await this.db.insertInto('bundles').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
  }

  async read(digest: Digest): Promise<string | undefined> {
    const row = await this.db.selectFrom('bundles').select('json').where('digest', '=', digest).executeTakeFirst();
    return row?.json;
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
