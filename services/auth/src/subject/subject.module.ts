/**
 * The keyring, and the erasures that keep it true to the log. Auth is ready once it has seen the keyring, and once
 * everybody whom the log wants forgotten is; a keyring that goes away later only fails what needs it.
 */
import type { MasterKeys } from '@citrus/kit-crypto';
import { Unavailable } from '@citrus/kit-domain';
import { openKeyring, startErasures, type Erasures, type EventStore, type Keyring, type WakeUp } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { CONFIG, DATABASE, EVENT_STORE, LOGGER, READINESS, WAKE_UP, type Readiness } from '@citrus/kit-service';
import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationShutdown, type OnModuleInit, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { AuthConfig } from '../config.ts';
import type { AuthDatabase } from '../database.ts';
import { once } from '../once.ts';
import { ERASURES, FORGET, KEYRING, MASTER_KEY, PERSONAL_TEXTS } from '../tokens.ts';
import { createForget, type Forget } from '../user/forget.ts';
import { createPersonalTexts } from './personal-text.ts';

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const providers: Provider[] = [
  {
    provide: KEYRING,
    inject: [CONFIG, MASTER_KEY, LOGGER],
    useFactory: (config: AuthConfig, masterKeys: MasterKeys, logger: Logger) => openKeyring({ databaseUrl: config.CITRUS_KEYRING_URL, masterKeys, logger }),
  },
  { provide: PERSONAL_TEXTS, inject: [KEYRING], useFactory: createPersonalTexts },
  { provide: FORGET, inject: [EVENT_STORE, DATABASE, KEYRING], useFactory: (store: EventStore, db: Kysely<AuthDatabase>, keys: Keyring) => createForget({ store, db, keys }) },
  {
    provide: ERASURES,
    inject: [EVENT_STORE, WAKE_UP, FORGET, LOGGER],
    useFactory: (store: EventStore, wakeUp: WakeUp, carryOut: Forget, logger: Logger) => startErasures({ store, wakeUp, carryOut, logger }),
  },
];
/* oxlint-enable max-params */

const checkKeyring = (keyring: Keyring) => async (): Promise<undefined> => {
  try {
    await keyring.check();
  } catch (cause) {
    if (cause instanceof Unavailable) throw cause;
    throw new Error(`the keyring (CITRUS_KEYRING_URL) cannot be read (${(cause as Error).message}); run auth's migrate program with CITRUS_KEYRING_OWNER_URL and CITRUS_KEYRING_ROLE`, { cause });
  }
};

@Global()
@Module({ providers, exports: [KEYRING, PERSONAL_TEXTS, FORGET] })
export class SubjectModule implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(KEYRING) private readonly keyring: Keyring,
    @Inject(ERASURES) private readonly erasures: Erasures,
  ) {}

  onModuleInit(): void {
    this.readiness.add('keyring', once(checkKeyring(this.keyring)));
    this.readiness.add('erasures', async () => this.erasures.check());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.erasures.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.keyring.close();
  }
}
