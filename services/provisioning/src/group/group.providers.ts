/** What Nest has to know of groups. */
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, PROJECTIONS, REQUESTS } from '@citrus/kit-service';
import type { Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { ServerCatalog } from '../catalog/server-catalog.ts';
import type { ProvisioningConfig } from '../config.ts';
import type { ProvisioningDatabase } from '../database.ts';
import { GROUP_HANDLER, GROUP_LOOP, GROUP_QUERIES, SERVER_CATALOG } from '../tokens.ts';
import { createGroupProcess } from './create-group-process.ts';
import { handleGroupCommand, type GroupHandler } from './group.handler.ts';
import { openGroupQueries, type GroupQueries } from './group.queries.ts';
import { startGroupLoop } from './group-loop.ts';
import { openGroupWork } from './group-work.store.ts';

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
export const groupProviders: Provider[] = [
  { provide: GROUP_HANDLER, inject: [EVENT_STORE], useFactory: handleGroupCommand },
  { provide: GROUP_QUERIES, inject: [DATABASE], useFactory: openGroupQueries },
  {
    provide: GROUP_LOOP,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, GROUP_HANDLER, GROUP_QUERIES, SERVER_CATALOG, REQUESTS, CLOCK, LOGGER, CONFIG],
    useFactory: (db: Kysely<ProvisioningDatabase>, store: EventStore, projections: Projections, handle: GroupHandler, queries: GroupQueries, catalog: ServerCatalog, requests: Requests, now: Clock, logger: Logger, config: ProvisioningConfig) => {
      const work = openGroupWork(db);
      return startGroupLoop({ work, logger, process: createGroupProcess({ store, projections, handle, queries, work, catalog, requests, lookMs: config.CITRUS_GROUP_LOOK_MS, now }) });
    },
  },
];
/* oxlint-enable max-params */
