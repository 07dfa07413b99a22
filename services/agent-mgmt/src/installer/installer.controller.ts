/** What people and the hub ask about installers. */
import { fetchInstallerSource, listInstallers, listInstallerSources, planInstaller, readBundle, reloadInstallers, type Digest, type InstallerPlan, type InstallerSource } from '@citrus/contracts';
import { NotFound, projectScope } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { findInstaller, lookAtServer } from '../job/queue-job.ts';
import { BUNDLES, INSTALLER_REGISTRY, INSTALLER_SOURCES, JOBS, type Jobs } from '../tokens.ts';
import type { Sources } from '../installer-source/sources.ts';
import type { BundleStore } from './bundle.store.ts';
import type { InstallerRegistry, Listing } from './installer-registry.ts';
import { planOf } from './plan.ts';

@Controller()
export class InstallerController {
  constructor(
    @Inject(INSTALLER_REGISTRY) private readonly registry: InstallerRegistry,
    @Inject(BUNDLES) private readonly bundles: BundleStore,
    @Inject(INSTALLER_SOURCES) private readonly sources: Sources,
    @Inject(JOBS) private readonly jobs: Jobs,
  ) {}

  @OnRequest(listInstallers)
  async list(_input: object, _context: RequestContext): Promise<Listing> {
    return this.registry.list();
  }

  @OnRequest(reloadInstallers)
  async reload(_input: object, _context: RequestContext): Promise<Listing> {
    return await this.registry.reload();
  }

  @OnRequest(listInstallerSources)
  async listSources(_input: object, _context: RequestContext): Promise<{ items: InstallerSource[] }> {
    return { items: await this.sources.list() };
  }

  @OnRequest(fetchInstallerSource)
  async fetchSource({ name }: { name: string }, _context: RequestContext): Promise<InstallerSource> {
    return await this.sources.fetchNow(name);
  }

  /** Nothing is written. What it says of an app and a server is from now; the agent looks once more. */
  @OnRequest(planInstaller)
  async plan({ installer: id, action, inputs: raw, ...target }: z.infer<typeof planInstaller.input>, { caller }: RequestContext): Promise<InstallerPlan> {
    const installer = findInstaller(this.registry, id, action);
    const { machine, sources } = await lookAtServer(this.jobs, projectScope(caller, target.projectId), target, installer);
    return planOf(installer, { serverId: target.serverId, action, raw, machine, sources });
  }

  @OnRequest(readBundle)
  async bundle({ digest }: { digest: Digest }, _context: RequestContext): Promise<{ base64: string }> {
    const json = await this.bundles.read(digest);
    if (json === undefined) throw new NotFound('bundle.unknown', 'There is no installer bundle with this digest.');
    return { base64: Buffer.from(json).toString('base64') };
  }
}
