/** Auth's two sides of the audit: it tells its own entries like everybody, and it keeps everybody's. */
import { hkdfSync } from 'node:crypto';
import type { MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import { AuditTrail, type Logger } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, NATS } from '@citrus/kit-service';
import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Kysely } from 'kysely';
import type { AuthConfig } from '../config.ts';
import type { AuthDatabase } from '../database.ts';
import { projectOfAgent } from '../enrolment/enrolment.projection.ts';
import type { PersonalTexts } from '../subject/personal-text.ts';
import { AUDIT, AUDIT_INTAKE, AUDIT_STORE, AUDIT_TRAIL, MASTER_KEY, PERSONAL_TEXTS } from '../tokens.ts';
import { createAudit } from './audit.ts';
import { AuditController } from './audit.controller.ts';
import { AuditIntake } from './audit-intake.ts';
import { createAuditKeeper } from './audit-keeper.ts';
import { openAudit } from './audit.store.ts';
import { createAddressKeeper } from './audited-address.ts';
import { openRefusals } from './refusals.store.ts';

type Database = Kysely<AuthDatabase>;

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const providers: Provider[] = [
  {
    provide: AUDIT_TRAIL,
    inject: [NATS, CLOCK, LOGGER, CONFIG],
    useFactory: (nats: NatsConnection, clock: Clock, logger: Logger, config: AuthConfig) => new AuditTrail({ nats, service: 'auth', clock, logger, stopWithinMs: config.CITRUS_AUDIT_STOP_MS }),
  },
  { provide: AUDIT, inject: [AUDIT_TRAIL], useFactory: createAudit },
  { provide: AUDIT_STORE, inject: [DATABASE, PERSONAL_TEXTS], useFactory: openAudit },
  {
    provide: AUDIT_INTAKE,
    inject: [NATS, EVENT_STORE, DATABASE, PERSONAL_TEXTS, MASTER_KEY, CLOCK, LOGGER],
    useFactory: (nats: NatsConnection, store: EventStore, db: Database, texts: PersonalTexts, masterKeys: MasterKeys, clock: Clock, logger: Logger) => {
      const addresses = createAddressKeeper(texts, Buffer.from(hkdfSync('sha256', masterKeys.current().bytes, '', 'citrus audit addresses v1', 32)));
      const keeper = createAuditKeeper({ store, refusals: openRefusals(db), addresses, projectOfAgent: projectOfAgent(db), clock });
      return new AuditIntake({ nats, keeper, logger });
    },
  },
];
/* oxlint-enable max-params */

@Global()
@Module({ controllers: [AuditController], providers, exports: [AUDIT] })
export class AuditModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(AUDIT_TRAIL) private readonly trail: AuditTrail,
    @Inject(AUDIT_INTAKE) private readonly intake: AuditIntake,
  ) {}

  onApplicationBootstrap(): void {
    this.intake.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.trail.stop();
    await this.intake.stop();
  }
}
