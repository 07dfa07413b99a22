/** What every service has, for injection: configuration, logger, clock, NATS, requests, metrics, readiness. */
import type { Clock } from '@citrus/kit-domain';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { Module, type DynamicModule } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Registry } from 'prom-client';
import type { Readiness } from './readiness.ts';
import { CLOCK, CONFIG, LOGGER, NATS, READINESS, REGISTRY, REQUESTS, SHOWN } from './tokens.ts';

/** Up to which position everybody can read what the service has written; undefined where it has no log. */
export type Shown = { position(): number | undefined };

export type Core = {
  readonly config: unknown;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly nats: NatsConnection;
  readonly requests: Requests;
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly shown: Shown;
};

@Module({})
export class CoreModule {
  static with(core: Core): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: core.config },
      { provide: LOGGER, useValue: core.logger },
      { provide: CLOCK, useValue: core.clock },
      { provide: NATS, useValue: core.nats },
      { provide: REQUESTS, useValue: core.requests },
      { provide: REGISTRY, useValue: core.registry },
      { provide: READINESS, useValue: core.readiness },
      { provide: SHOWN, useValue: core.shown },
    ];
    return { module: CoreModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
