/** Everything about bundles that is injected, and the worker that drives them: it starts with the application and stops with it. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Loop } from '../loop.ts';
import type { BundleHandler } from './bundle.handler.ts';
import type { InstalledBundleStore } from './bundle.store.ts';

export const APP_BUNDLES = Symbol('AppBundles');
export type AppBundles = { readonly store: InstalledBundleStore; readonly handler: BundleHandler; readonly loop: Loop };

@Injectable()
export class BundleWorker implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(APP_BUNDLES) private readonly bundles: AppBundles) {}

  onApplicationBootstrap(): void {
    this.bundles.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.bundles.loop.stop();
  }
}
