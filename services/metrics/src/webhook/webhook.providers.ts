/** How the parts of webhooks are put together. */
import { BadMasterKey, openMasterKeys, type MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, createOutbound, DATABASE, EVENT_STORE, LOGGER, PROJECTIONS, StartRefused } from '@citrus/kit-service';
import type { Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { MetricsConfig } from '../config.ts';
import type { MetricsDatabase } from '../database.ts';
import { deliver } from '../delivery/deliver.ts';
import { Deliveries } from '../delivery/deliveries.ts';
import { DeliveryStore } from '../delivery/delivery.store.ts';
import { startSender, type Sender } from '../delivery/sender.ts';
import { DELIVERIES, DELIVERY_STORE, SENDER, WEBHOOK_UPKEEP, WEBHOOKS, WEBHOOK_PARTS } from '../tokens.ts';
import { webhookUpkeep } from './webhook-upkeep.ts';
import { WebhookHandler } from './webhook.handler.ts';
import { WebhookSeals } from './webhook-seals.ts';
import { WebhookStore } from './webhook.store.ts';
import { Webhooks, type WebhookParts } from './webhooks.ts';

type Db = Kysely<MetricsDatabase>;
export type SharedParts = Omit<WebhookParts, 'outbound' | 'wake' | 'projections' | 'forgive'> & { readonly outbound: ReturnType<typeof createOutbound> };

const DAY_MS = 86_400_000;

const masterKeysOf = ({ CITRUS_MASTER_KEY_FILE: file }: MetricsConfig): MasterKeys => {
  try {
    return openMasterKeys(file);
  } catch (error) {
    throw error instanceof BadMasterKey ? new StartRefused(`CITRUS_MASTER_KEY_FILE: ${error.message}`) : error;
  }
};

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
export const webhookProviders: Provider[] = [
  { provide: DELIVERY_STORE, inject: [DATABASE], useFactory: (db: Db) => new DeliveryStore(db) },
  {
    provide: WEBHOOK_PARTS,
    inject: [DATABASE, EVENT_STORE, CONFIG, CLOCK],
    useFactory: (db: Db, store: EventStore, config: MetricsConfig, clock: Clock): SharedParts => ({
      handler: new WebhookHandler(store), store: new WebhookStore(db), seals: new WebhookSeals(db, masterKeysOf(config)),
      outbound: createOutbound({ allow: config.CITRUS_OUTBOUND_ALLOW, allowHttp: config.CITRUS_OUTBOUND_ALLOW_HTTP }), clock,
    }),
  },
  {
    provide: SENDER,
    inject: [WEBHOOK_PARTS, DELIVERY_STORE, CONFIG, LOGGER],
    useFactory: ({ store: webhooks, ...parts }: SharedParts, deliveries: DeliveryStore, config: MetricsConfig, logger: Logger): Sender => startSender({
      claim: (claim) => deliveries.claim(claim), logger,
      deliver: deliver({ ...parts, webhooks, deliveries, logger, chance: Math.random, firstMs: config.CITRUS_WEBHOOK_RETRY_MS, pauseAfterMs: config.CITRUS_WEBHOOK_PAUSE_AFTER_MS }),
    }),
  },
  {
    provide: WEBHOOKS,
    inject: [WEBHOOK_PARTS, PROJECTIONS, DELIVERY_STORE, SENDER],
    useFactory: (parts: SharedParts, projections: Projections, deliveries: DeliveryStore, sender: Sender) =>
      new Webhooks({ ...parts, projections, forgive: (scope, webhookId) => deliveries.forgiveFailures(scope, webhookId), wake: sender.wake }),
  },
  {
    provide: DELIVERIES,
    inject: [WEBHOOK_PARTS, DELIVERY_STORE, SENDER],
    useFactory: ({ store: webhooks, clock }: SharedParts, deliveries: DeliveryStore, sender: Sender) => new Deliveries({ webhooks, deliveries, clock, wake: sender.wake }),
  },
  {
    provide: WEBHOOK_UPKEEP,
    inject: [WEBHOOK_PARTS, DELIVERY_STORE, CONFIG],
    useFactory: (parts: SharedParts, deliveries: DeliveryStore, config: MetricsConfig) => webhookUpkeep({ ...parts, deliveries, keptMs: config.CITRUS_WEBHOOK_KEPT_DAYS * DAY_MS }),
  },
];
/* oxlint-enable max-params */
