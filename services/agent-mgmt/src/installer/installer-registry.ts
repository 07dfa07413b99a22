/**
 * The installers that may be run, in memory, as one value that a reload replaces as a whole. Bundles also go to the
 * database, by their digest, and stay: a queued job keeps the very bytes that it was queued with. A reload on one
 * replica reaches the others through a counter in the database. Installers from git come from there, too (ADR 0046).
 */
import type { AppBundle, Installer, RefusedInstaller } from '@citrus/contracts';
import { Refusal, Unavailable } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import { readBundles, type BundleSet } from '../bundle/read-bundles.ts';
import type { InUse } from '../installer-source/source.store.ts';
import { bundlesWithSources, withSources } from '../installer-source/with-sources.ts';
import type { BundleStore } from './bundle.store.ts';
import { readInstallers, type InstallerSet } from './read-installers.ts';

export type BundleListing = { readonly items: AppBundle[]; readonly refused: RefusedInstaller[] };
/** Bundles are checked against the installers that were read with them, so both are replaced together. */
type Known = InstallerSet & { readonly of: BundleSet };
export type Listing = { readonly items: Installer[]; readonly refused: RefusedInstaller[] };

export class InstallerRegistry {
  #set: Known | undefined;
  #reading: Promise<void> = Promise.resolve();
  #generation: number | undefined;

  constructor(
    private readonly directory: string,
    private readonly bundles: BundleStore,
    private readonly logger: Logger,
    private readonly sourcesInUse: () => Promise<readonly InUse[]> = async () => [],
  ) {}

  find(id: string): Installer | undefined {
    return this.#known().installers.get(id)?.installer;
  }

  list(): Listing {
    const { installers, refused } = this.#known();
    return { items: [...installers.values()].map(({ installer }) => installer), refused: [...refused] };
  }

  findBundle(id: string): AppBundle | undefined {
    return this.#known().of.bundles.get(id);
  }

  listBundles(): BundleListing {
    const { bundles, refused } = this.#known().of;
    return { items: [...bundles.values()], refused: [...refused] };
  }

  get isOpen(): boolean {
    return this.#generation !== undefined;
  }

  /** Before they are read, that one is missing is no answer: whoever took it for one would end what only has to wait. */
  #known(): Known {
    if (!this.#set) throw new Unavailable('The installers have not been read yet. Try again in a moment.');
    return this.#set;
  }

  /** Somebody asked for it here; the other replicas follow. */
  async reload(): Promise<Listing> {
    await this.#read();
    this.#generation = await this.bundles.nextGeneration();
    return this.list();
  }

  /** Reads for the first time, and again whenever another replica did. */
  async follow(): Promise<void> {
    const generation = await this.bundles.generation();
    if (generation === this.#generation) return;
    await this.#read();
    this.#generation = generation;
  }

  /** One after the other, so that an older reading never replaces a newer one. */
  #read(): Promise<void> {
    const next = this.#reading.then(() => this.#readNow());
    this.#reading = next.catch((error: unknown) => this.logger.error({ event: 'installers.unreadable', err: error }, 'the installers were not read; the ones from before stay'));
    return next;
  }

  async #readNow(): Promise<void> {
    const builtIn = await readInstallers(this.directory).catch((cause: unknown) => {
      throw new Refusal('installers.unreadable', `The installers' directory ${this.directory} cannot be read (${cause instanceof Error ? cause.message : String(cause)}). Correct CITRUS_INSTALLERS_DIR or its rights.`);
    });
    const sources = await this.sourcesInUse();
    const set = withSources(builtIn, sources);
    const find = (id: string) => set.installers.get(id)?.installer;
    const of = bundlesWithSources(await readBundles(this.directory, find), sources, find);
    await this.bundles.keep([...builtIn.installers.values()].map(({ bundle }) => bundle));
    this.#set = { ...set, of };
    this.logger.info({ event: 'installers.loaded', installers: [...set.installers.keys()], bundles: [...of.bundles.keys()] }, `${set.installers.size} installers and ${of.bundles.size} bundles are ready`);
    for (const problem of [...set.refused, ...of.refused]) this.logger.warn({ event: 'installer.refused', ...problem }, `${problem.folder} is refused: ${problem.file}${problem.line === null ? '' : `:${problem.line}`}: ${problem.reason}`);
  }
}
