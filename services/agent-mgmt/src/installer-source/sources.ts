/**
 * Looks at every source at its interval, and when somebody asks. One replica looks at a time; what it finds goes to the
 * database, from which all replicas, this one too, take their installers: one without git or a way out has the same.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstallerSource } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import type { InstallerRegistry } from '../installer/installer-registry.ts';
import { createLoop, type Loop } from '../loop.ts';
import { GitFault } from './git.ts';
import { readCommit, removeLeftovers } from './read-commit.ts';
import { faultsOf, stateOf } from './source-rules.ts';
import { LEASE_MS, type SourceRow, type SourceStore, type Turn } from './source.store.ts';
import type { NamedSource } from './sources-file.ts';

const TURN_EVERY_MS = 1000;
/** A replica that has no git leaves the work to the others, but says so when nobody does it. */
const WITHOUT_GIT_LATE_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;

type Parts = { readonly sources: readonly NamedSource[]; readonly store: SourceStore; readonly registry: InstallerRegistry; readonly logger: Logger };

const hasGit = (): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn('git', ['--version'], { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });

const placeOf = ({ name, fingerprint, interval_seconds: everySeconds }: NamedSource) => ({ name, fingerprint, everySeconds });

const toSource = (source: NamedSource, row: SourceRow | undefined, now: Date): InstallerSource => ({
  name: source.name, url: source.url, ref: source.ref, folder: source.folder, everySeconds: source.interval_seconds,
  pinned: source.commit ?? null, isSigned: source.allowed_signers_file !== undefined, state: stateOf(row, now, LEASE_MS),
  commit: row?.commit ?? null, since: row?.since?.toISOString() ?? null, folders: (row?.contents ?? []).map(({ folder }) => folder),
  triedAt: row?.tried_at?.toISOString() ?? null, reason: row?.reason ?? null, nextAt: row?.tried_at ? row.due_at.toISOString() : null,
});

export class Sources {
  readonly #stopping = new AbortController();
  readonly #loops = new Map<string, Loop>();
  #lateMs = 0;

  constructor(private readonly parts: Parts) {}

  get #names(): string[] {
    return this.parts.sources.map(({ name }) => name);
  }

  async start(): Promise<void> {
    const { sources, logger } = this.parts;
    if (sources.length === 0) return;
    if (!(await hasGit())) {
      this.#lateMs = WITHOUT_GIT_LATE_MS;
      logger.warn({ event: 'installer_sources.no_git' }, 'the program git is not on this machine: other replicas have to fetch the sources of installers');
    }
    await removeLeftovers(LEASE_MS).catch((error: unknown) => logger.warn({ event: 'installer_sources.leftovers', err: error }, 'what an earlier process left could not be removed'));
    for (const source of sources) {
      const loop = createLoop({ name: `installers from ${source.name}`, everyMs: TURN_EVERY_MS, logger, work: () => this.#turn(source) });
      this.#loops.set(source.name, loop);
      loop.start();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop()));
  }

  async list(): Promise<InstallerSource[]> {
    const { now, rows } = await this.parts.store.rows(this.#names);
    return this.parts.sources.map((source) => toSource(source, rows.get(source.name), now));
  }

  /** Looks now, wherever; answers when that is over or takes too long to be waited for. */
  async fetchNow(name: string): Promise<InstallerSource> {
    const source = this.parts.sources.find((each) => each.name === name);
    if (!source) throw new NotFound('installer_source.unknown', `There is no source of installers named ${name}. There ${this.#names.length === 0 ? 'are none; CITRUS_INSTALLER_SOURCES_FILE names them' : `are ${this.#names.join(', ')}`}.`);
    const asked = await this.parts.store.ask(name);
    this.#loops.get(name)?.wake();
    const until = Date.now() + ANSWER_WITHIN_MS;
    for (;;) {
      const { now, rows } = await this.parts.store.rows([name]);
      const row = rows.get(name);
      const isAnswered = asked !== undefined && row !== undefined && row.taken_by === null && row.taken_at >= asked;
      if (isAnswered || Date.now() > until) return toSource(source, row, now);
      await pause(100);
    }
  }

  async #turn(source: NamedSource): Promise<void> {
    if (!this.parts.registry.isOpen || this.#stopping.signal.aborted) return;
    const turn = await this.parts.store.take(placeOf(source), this.#lateMs);
    if (turn) await this.#look(source, turn);
  }

  async #look(source: NamedSource, turn: Turn): Promise<void> {
    const { store, registry, logger } = this.parts;
    const reason = await this.#reasonOf(source, turn).catch((error: unknown) => {
      if (!(error instanceof GitFault)) logger.error({ event: 'installer_source.failed', source: source.name, err: error }, 'a source of installers could not be read');
      return error instanceof GitFault ? error.message : 'it could not be read; the log of agent-mgmt says why';
    });
    // Cut short by our own end: no fault of the source.
    if (reason !== undefined && this.#stopping.signal.aborted) return store.giveBack(placeOf(source), turn);
    if (reason !== undefined) {
      await store.keep(placeOf(source), turn, reason);
      if (reason !== null) logger.warn({ event: 'installer_source.refused', source: source.name, reason }, `${source.name} is not fetched: ${reason}`);
      return;
    }
    logger.info({ event: 'installer_source.used', source: source.name }, `installers from ${source.name} are another commit's now`);
    await registry.follow();
  }

  /** Undefined: another commit is in use; null: the same one. */
  async #reasonOf(source: NamedSource, turn: Turn): Promise<string | null | undefined> {
    const { store, registry } = this.parts;
    const { row } = turn;
    const known = row.used_fingerprint === source.fingerprint ? row.commit : null;
    const commit = await readCommit(source, { known, signal: this.#stopping.signal });
    if (commit === 'unchanged') return null;
    const notBefore = source.allowed_signers_file && source.commit === undefined && row.commit !== null && row.committed_at !== null ? { commit: row.commit, at: row.committed_at } : undefined;
    return faultsOf(commit, { notBefore, find: (id) => registry.find(id) }) ?? (await store.use(placeOf(source), turn, commit, this.#names));
  }
}
