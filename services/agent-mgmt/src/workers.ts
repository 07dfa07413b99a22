/** What this service does by itself, beside answering: it starts with the application and stops before it. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WORKERS } from './tokens.ts';

export type Worker = { start(): void | Promise<void>; stop(): Promise<void> };

@Injectable()
export class Workers implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(WORKERS) private readonly workers: readonly Worker[]) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const worker of this.workers) await worker.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}
