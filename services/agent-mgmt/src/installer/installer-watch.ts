/** When the installers are read: at the start, on SIGHUP, and after another replica was asked to. */
import { readdir } from 'node:fs/promises';
import type { Logger } from '@citrus/kit-messaging';
import { StartRefused, type Readiness } from '@citrus/kit-service';
import { createLoop, type Loop } from '../loop.ts';
import type { InstallerRegistry } from './installer-registry.ts';

const FOLLOW_RELOADS_EVERY_MS = 2000;

export type WatchParts = { readonly registry: InstallerRegistry; readonly directory: string; readonly readiness: Readiness; readonly logger: Logger };

export class InstallerWatch {
  readonly #loop: Loop;
  readonly #reload = () => void this.parts.registry.reload().catch((error: unknown) => this.parts.logger.error({ event: 'installers.unreadable', err: error }, 'the reload failed; the installers from before stay'));

  constructor(private readonly parts: WatchParts) {
    this.#loop = createLoop({ name: 'installers', everyMs: FOLLOW_RELOADS_EVERY_MS, logger: parts.logger, work: () => parts.registry.follow() });
  }

  /** @throws StartRefused when the directory cannot be read; a database that is away is waited for. */
  async start(): Promise<void> {
    const { registry, directory, readiness, logger } = this.parts;
    await readdir(directory).catch((error: unknown) => {
      throw new StartRefused(`CITRUS_INSTALLERS_DIR: ${directory} cannot be read (${error instanceof Error ? error.message : String(error)}). Set it to the folder that holds the installers.`);
    });
    await registry.follow().catch((error: unknown) => logger.warn({ event: 'installers.unread', err: error }, 'the installers could not be read yet; trying again'));
    readiness.add('installers', async () => (registry.isOpen ? undefined : 'the installers have not been read yet'));
    this.#loop.start();
    process.on('SIGHUP', this.#reload);
  }

  async stop(): Promise<void> {
    process.off('SIGHUP', this.#reload);
    await this.#loop.stop();
  }
}
