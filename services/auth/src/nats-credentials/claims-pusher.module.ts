/** Runs the claims pusher on a connection of its own: in SYS, where nobody else of ours is. */
import { inboxPrefixOf } from '@citrus/contracts';
import { connectNats, type Logger } from '@citrus/kit-messaging';
import { CONFIG, DATABASE, LOGGER } from '@citrus/kit-service';
import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { sql, type Kysely } from 'kysely';
import type { AuthConfig } from '../config.ts';
import type { AuthDatabase } from '../database.ts';
import { AUTH_KEYS } from '../tokens.ts';
import { startClaimsPusher } from './claims-pusher.ts';
import type { AuthKeys } from './trust-directory.ts';

/** Held for one round only: the lock ends with the transaction, however the process ends. */
const inTurn = (db: Kysely<AuthDatabase>) => (work: () => Promise<void>): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ is_mine: boolean }>`select pg_try_advisory_xact_lock(hashtextextended('citrus claims', 0)) as is_mine`.execute(trx);
    if (rows[0]?.is_mine) await work();
  });

@Module({})
export class ClaimsPusherModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #pusher: { stop(): Promise<void> } | undefined;

  constructor(
    @Inject(AUTH_KEYS) private readonly keys: AuthKeys,
    @Inject(CONFIG) private readonly config: AuthConfig,
    @Inject(DATABASE) private readonly db: Kysely<AuthDatabase>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { keys, logger, config } = this;
    const connect = (signal: AbortSignal) =>
      connectNats({ url: config.CITRUS_NATS_URL, credsFile: keys.claimsCredsFile, name: 'auth claims', inboxPrefix: inboxPrefixOf('auth'), logger, signal });
    this.#pusher = startClaimsPusher({ keys, connect, inTurn: inTurn(this.db), logger });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#pusher?.stop();
  }
}
