/** Runs the claims pusher on a connection of its own: in SYS, where nobody else of ours is. */
import { inboxPrefixOf } from '@citrus/contracts';
import { connectNats, type Logger } from '@citrus/kit-messaging';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, WakeUp } from '@citrus/kit-event-store';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, READINESS, WAKE_UP, type Readiness } from '@citrus/kit-service';
import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { sql, type Kysely } from 'kysely';
import type { AuthConfig } from '../config.ts';
import type { AuthDatabase } from '../database.ts';
import { createRevocationLog } from '../enrolment/revocation-log.ts';
import { AUTH_KEYS } from '../tokens.ts';
import { startClaimsPusher } from './claims-pusher.ts';
import { createRetired } from './retired.ts';
import type { AuthKeys } from './trust-directory.ts';

/** Held for one round only: the lock ends with the transaction, however the process ends. */
const inTurn = (db: Kysely<AuthDatabase>) => (work: () => Promise<void>): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ is_mine: boolean }>`select pg_try_advisory_xact_lock(hashtextextended('citrus claims', 0)) as is_mine`.execute(trx);
    if (rows[0]?.is_mine) await work();
    return rows[0]?.is_mine ?? false;
  });

@Module({})
export class ClaimsPusherModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #pusher: { stop(): Promise<void> } | undefined;

  // oxlint-disable-next-line max-params -- Nest gives its dependencies one by one
  constructor(
    @Inject(AUTH_KEYS) private readonly keys: AuthKeys,
    @Inject(CONFIG) private readonly config: AuthConfig,
    @Inject(DATABASE) private readonly db: Kysely<AuthDatabase>,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(WAKE_UP) private readonly wakeUp: WakeUp,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { keys, logger, config } = this;
    const connect = (signal: AbortSignal) =>
      connectNats({ url: config.CITRUS_NATS_URL, credsFile: keys.claimsCredsFile, name: 'auth claims', inboxPrefix: inboxPrefixOf('auth'), logger, signal });
    const retired = createRetired(keys, logger);
    this.readiness.addNote('retired credentials', () => retired.problem());
    const revocations = createRevocationLog(this.store, this.clock);
    const bell = this.wakeUp.subscribe();
    this.#pusher = startClaimsPusher({ keys, connect, inTurn: inTurn(this.db), revoked: async () => ({ AGENTS: await revocations.read(), ...(await retired.read()) }), rung: (signal) => bell.next(signal), hasNews: () => revocations.hasNews(), logger });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#pusher?.stop();
  }
}
