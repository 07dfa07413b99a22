/**
 * The commit of each source that all replicas use, and whose turn it is to look for the next. The database's clock is the
 * only one: replicas need not agree on the time.
 */
import { randomUUID } from 'node:crypto';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import { BundleStore } from '../installer/bundle.store.ts';
import type { Commit } from './read-commit.ts';
import { clashOf, type Taken } from './source-rules.ts';

export type SourceRow = Selectable<AgentMgmtDatabase['installer_sources']>;
/** A turn that was given to somebody, and what was in use then. */
export type Turn = { readonly token: string; readonly row: SourceRow };
type Place = { readonly name: string; readonly fingerprint: string; readonly everySeconds: number };
export type InUse = { readonly name: string; readonly commit: string; readonly since: Date; readonly folders: readonly { readonly folder: string; readonly digest: string; readonly json: string }[] };

/** Longer than a look can take; who is silent for so long is gone. */
export const LEASE_MS = 300_000;
/** Between looks because of other settings: while replicas differ, each would undo the other's. */
const SETTINGS_AGAIN_MS = 10_000;

const ago = (ms: number) => sql<Date>`now() - ${ms} * interval '1 millisecond'`;

export class SourceStore {
  constructor(private readonly db: Kysely<AgentMgmtDatabase>) {}

  async rows(names: readonly string[]): Promise<{ readonly now: Date; readonly rows: ReadonlyMap<string, SourceRow> }> {
    const { rows: [clock] } = await sql<{ now: Date }>`select now() as now`.execute(this.db);
    const rows = await this.db.selectFrom('installer_sources').selectAll().where('name', 'in', [...names, '']).execute();
    return { now: clock?.now ?? new Date(), rows: new Map(rows.map((row) => [row.name, row])) };
  }

  /** What is in use, with its files. */
  async inUse(names: readonly string[]): Promise<InUse[]> {
    const { rows } = await this.rows(names);
    const used = [...rows.values()].filter(({ commit }) => commit !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
    const digests = used.flatMap(({ contents }) => contents.map(({ digest }) => digest));
    const bundles = await this.db.selectFrom('bundles').select(['digest', 'json']).where('digest', 'in', [...digests, '']).execute();
    const jsonOf = new Map(bundles.map(({ digest, json }) => [digest, json]));
    return used.map(({ name, commit, since, contents }) => ({ name, commit: commit ?? '', since: since ?? new Date(0), folders: contents.map((each) => ({ ...each, json: jsonOf.get(each.digest) ?? '' })) }));
  }

  /** The turn to look, for one replica at a time; `lateMs`: leave it to others for so long. */
  async take({ name, fingerprint }: Place, lateMs: number): Promise<Turn | undefined> {
    const token = randomUUID();
    await this.db.insertInto('installer_sources').values({ name, fingerprint }).onConflict((conflict) => conflict.doNothing()).execute();
    const row = await this.db
      .updateTable('installer_sources')
      .set({ taken_by: token, taken_at: sql`now()` })
      .where('name', '=', name)
      .where((where) => where.or([where('taken_by', 'is', null), where('taken_at', '<', ago(LEASE_MS))]))
      .where((where) => where.or([where('due_at', '<=', ago(lateMs)), where.and([where('fingerprint', '<>', fingerprint), where('tried_at', '<', ago(SETTINGS_AGAIN_MS + lateMs))])]))
      .returningAll()
      .executeTakeFirst();
    return row && { token, row };
  }

  /** The look is over: the commit in use stays, for a reason or because there is no other. Nothing, if the turn was lost. */
  async keep(place: Place, { token }: Turn, reason: string | null): Promise<void> {
    await this.#over(this.db, place, token).set({ reason, fingerprint: place.fingerprint }).execute();
  }

  /** The look did not take place; whoever comes next has the turn at once. */
  async giveBack({ name }: Place, { token }: Turn): Promise<void> {
    await this.db.updateTable('installer_sources').set({ taken_by: null }).where('name', '=', name).where('taken_by', '=', token).execute();
  }

  /**
   * Puts a commit into use on every replica, whole: its files, its names and the call to read them are one transaction.
   * Answers why not, when another source has one of its names; two that come at once are told one after the other.
   */
  async use(place: Place, { token }: Turn, commit: Commit, sources: readonly string[]): Promise<string | undefined> {
    return await this.db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(hashtext('citrus:installer-sources'))`.execute(transaction);
      const folders = commit.folders.map(({ folder, bundle: { digest } }) => ({ folder, digest }));
      const clash = clashOf(commit.commit, folders.map(({ folder }) => folder), await othersOf(transaction, sources.filter((name) => name !== place.name)));
      if (clash !== undefined) return clash;
      const { numUpdatedRows } = await this.#over(transaction, place, token)
        .set({ commit: commit.commit, committed_at: commit.committedAt, since: sql`now()`, fingerprint: place.fingerprint, used_fingerprint: place.fingerprint, contents: JSON.stringify(folders), reason: null })
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return undefined;
      const bundles = new BundleStore(transaction);
      await bundles.keep(commit.folders.map(({ bundle }) => bundle));
      await bundles.nextGeneration();
      return undefined;
    });
  }

  /** @returns the moment of asking: a look that began since then is the answer */
  async ask(name: string): Promise<Date | undefined> {
    const { rows: [asked] } = await sql<{ now: Date }>`update installer_sources set due_at = now() where name = ${name} returning due_at as now`.execute(this.db);
    return asked?.now;
  }

  /** Whoever asked for a look during this one gets another. */
  #over(db: Kysely<AgentMgmtDatabase>, { name, everySeconds }: Place, token: string) {
    return db
      .updateTable('installer_sources')
      .set({ taken_by: null, tried_at: sql`now()`, due_at: sql`case when due_at > taken_at then due_at else now() + ${everySeconds} * interval '1 second' end` })
      .where('name', '=', name)
      .where('taken_by', '=', token);
  }
}

const othersOf = async (db: Kysely<AgentMgmtDatabase>, names: readonly string[]): Promise<Taken[]> => {
  const rows = await db.selectFrom('installer_sources').select(['name', 'commit', 'contents']).where('name', 'in', [...names, '']).where('commit', 'is not', null).orderBy('name').execute();
  return rows.map(({ name, commit, contents }) => ({ name, commit: commit ?? '', folders: contents.map(({ folder }) => folder) }));
};
