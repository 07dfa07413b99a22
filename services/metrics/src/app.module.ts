/** The only file that knows every part of metrics. */
import { DATABASE, DatabaseModule } from '@citrus/kit-service';
import { Module, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { ActivityStore } from './activity/activity.store.ts';
import type { MetricsDatabase } from './database.ts';
import { ExpositionController } from './exposition/exposition.controller.ts';
import { LoadController } from './load/load.controller.ts';
import { LoadStore } from './load/load.store.ts';
import { SampleController } from './sample/sample.controller.ts';
import { SampleStore } from './sample/sample.store.ts';
import { ACTIVITY, LOAD, SAMPLES } from './tokens.ts';
import { Workers } from './workers.ts';

const providers: Provider[] = [
  { provide: SAMPLES, inject: [DATABASE], useFactory: (db: Kysely<MetricsDatabase>) => new SampleStore(db) },
  { provide: ACTIVITY, inject: [DATABASE], useFactory: (db: Kysely<MetricsDatabase>) => new ActivityStore(db) },
  { provide: LOAD, inject: [DATABASE], useFactory: (db: Kysely<MetricsDatabase>) => new LoadStore(db) },
  Workers,
];

@Module({ imports: [DatabaseModule], controllers: [SampleController, LoadController, ExpositionController], providers })
export class AppModule {}
