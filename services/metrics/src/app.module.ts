/** The only file that knows every part of metrics. */
import { DATABASE, loggedServiceModule } from '@citrus/kit-service';
import { Module, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { ActivityStore } from './activity/activity.store.ts';
import type { MetricsDatabase } from './database.ts';
import { metricsEvents } from './events.ts';
import { ExpositionController } from './exposition/exposition.controller.ts';
import { LoadController } from './load/load.controller.ts';
import { LoadStore } from './load/load.store.ts';
import { SampleController } from './sample/sample.controller.ts';
import { SampleStore } from './sample/sample.store.ts';
import { ACTIVITY, LOAD, SAMPLES } from './tokens.ts';
import { WebhookController } from './webhook/webhook.controller.ts';
import { webhooksProjection } from './webhook/webhook.projection.ts';
import { webhookProviders } from './webhook/webhook.providers.ts';
import { WebhookWorkers } from './webhook/webhook-workers.ts';
import { Workers } from './workers.ts';

const providers: Provider[] = [
  { provide: SAMPLES, inject: [DATABASE], useFactory: (db: Kysely<MetricsDatabase>) => new SampleStore(db) },
  { provide: ACTIVITY, inject: [DATABASE], useFactory: (db: Kysely<MetricsDatabase>) => new ActivityStore(db) },
  { provide: LOAD, inject: [DATABASE], useFactory: (db: Kysely<MetricsDatabase>) => new LoadStore(db) },
  Workers,
  ...webhookProviders,
  WebhookWorkers,
];

@Module({
  imports: [loggedServiceModule<MetricsDatabase>({ service: 'metrics', events: metricsEvents, projections: [webhooksProjection] })],
  controllers: [SampleController, LoadController, ExpositionController, WebhookController],
  providers,
})
export class AppModule {}
