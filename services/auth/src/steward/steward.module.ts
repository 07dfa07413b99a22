/** The steward on a connection of its own, with rights that the rest of auth does not have. */
import { remakeEventsStreamOf, type RemakeEventsStream } from '@citrus/contracts';
import { connectNats, OnRequest, type Logger } from '@citrus/kit-messaging';
import { CONFIG, LOGGER } from '@citrus/kit-service';
import { Controller, Inject, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthConfig } from '../config.ts';
import type { AuthKeys } from '../nats-credentials/trust-directory.ts';
import { AUTH_KEYS, STEWARD } from '../tokens.ts';
import { createSteward, type Steward } from './steward.ts';

type Wanted = z.infer<typeof RemakeEventsStream>;
type Nothing = Record<string, never>;

@Controller()
export class StewardController {
  constructor(@Inject(STEWARD) private readonly steward: Steward) {}

  @OnRequest(remakeEventsStreamOf('auth'))
  async ofAuth(wanted: Wanted): Promise<Nothing> {
    await this.steward.remake('auth', wanted);
    return {};
  }

  @OnRequest(remakeEventsStreamOf('provisioning'))
  async ofProvisioning(wanted: Wanted): Promise<Nothing> {
    await this.steward.remake('provisioning', wanted);
    return {};
  }

  @OnRequest(remakeEventsStreamOf('agent-mgmt'))
  async ofAgentMgmt(wanted: Wanted): Promise<Nothing> {
    await this.steward.remake('agent-mgmt', wanted);
    return {};
  }
}

@Module({
  controllers: [StewardController],
  providers: [
    {
      provide: STEWARD,
      inject: [AUTH_KEYS, CONFIG, LOGGER],
      useFactory: (keys: AuthKeys, config: AuthConfig, logger: Logger): Steward =>
        createSteward({
          connect: (signal) => connectNats({ url: config.CITRUS_NATS_URL, credsFile: keys.stewardCredsFile, name: 'auth steward', inboxPrefix: '_INBOX_steward', logger, signal }),
          logger,
        }),
    },
  ],
})
export class StewardModule implements BeforeApplicationShutdown {
  constructor(@Inject(STEWARD) private readonly steward: Steward) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.steward.stop();
  }
}
