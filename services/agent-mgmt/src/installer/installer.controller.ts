/** What people and the hub ask about installers. */
import { listInstallers, readBundle, reloadInstallers, type Digest } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import { BUNDLES, INSTALLER_REGISTRY } from '../tokens.ts';
import type { BundleStore } from './bundle.store.ts';
import type { InstallerRegistry, Listing } from './installer-registry.ts';

@Controller()
export class InstallerController {
  constructor(
    @Inject(INSTALLER_REGISTRY) private readonly registry: InstallerRegistry,
    @Inject(BUNDLES) private readonly bundles: BundleStore,
  ) {}

  @OnRequest(listInstallers)
  async list(_input: object, _context: RequestContext): Promise<Listing> {
    return this.registry.list();
  }

  @OnRequest(reloadInstallers)
  async reload(_input: object, _context: RequestContext): Promise<Listing> {
    return await this.registry.reload();
  }

  @OnRequest(readBundle)
  async bundle({ digest }: { digest: Digest }, _context: RequestContext): Promise<{ base64: string }> {
    const json = await this.bundles.read(digest);
    if (json === undefined) throw new NotFound('bundle.unknown', 'There is no installer bundle with this digest.');
    return { base64: Buffer.from(json).toString('base64') };
  }
}
