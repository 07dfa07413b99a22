/** The only file that knows every part of this service. */
import type { Clock } from '@citrus/kit-domain';
import { sideBySide, startFeed, type EventStore, type Feed, type Projections } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, loggedServiceModule, NATS, observeFeed, PROJECTIONS, REGISTRY, REQUESTS, type MetricsRegistry } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/transport-node';
import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { ActionConsumer } from './action/action.consumer.ts';
import { serverActionsProjection } from './action/action.projection.ts';
import { actionProviders } from './action/action.providers.ts';
import { openArtifactCatalog, type ArtifactCatalog } from './catalog/artifact-catalog.ts';
import { ServerCatalog } from './catalog/server-catalog.ts';
import type { ProvisioningConfig } from './config.ts';
import type { ProvisioningDatabase } from './database.ts';
import { provisioningEvents } from './events.ts';
import { GroupConsumer } from './group/group.consumer.ts';
import { groupsProjection } from './group/group.projection.ts';
import { groupProviders } from './group/group.providers.ts';
import { groupWorkProjection } from './group/group-work.store.ts';
import type { ChooseCloud } from './credential/cloud-choice.ts';
import { CredentialConsumer } from './credential/credential.consumer.ts';
import { cloudCredentialsProjection, credentialNewsProjection, projectCloudsProjection } from './credential/credential.projection.ts';
import { credentialProviders } from './credential/credential.providers.ts';
import type { Clouds } from './provider/clouds.ts';
import { openAccounts, openInstallationCloud } from './provider/open-cloud.ts';
import { openCloudWatch, type CloudWatch } from './fleet-view/watch-clouds.ts';
import { readFleetFacts } from './reconcile/fleet-facts.ts';
import { QuotaConsumer } from './quota/quota.consumer.ts';
import { openQueueView } from './queue/queue-view.ts';
import { serverQueueProjection } from './queue/queue.projection.ts';
import { projectQuotasProjection } from './quota/quota.projection.ts';
import { openQuotas, type Quotas } from './quota/quotas.ts';
import { startFleetReconciler } from './reconcile/fleet.reconciler.ts';
import { ReconcileConsumer } from './reconcile/reconcile.consumer.ts';
import type { RepairParts } from './reconcile/repairs.ts';
import { openReportStore } from './reconcile/report.store.ts';
import { AGENTS_CONSUMER, AGENTS_GATHER_MS, handleAgentEvent } from './server/agent-connected.feed.ts';
import { createServerProcess } from './server/create-server-process.ts';
import { createServerJoins } from './server/server-joins.ts';
import { FleetConsumer } from './server/fleet.consumer.ts';
import { ServerConsumer } from './server/server.consumer.ts';
import { handleServerCommand, type ServerHandler } from './server/server.handler.ts';
import { serversProjection } from './server/server.projection.ts';
import { serversAsTheyWere } from './server/server.history.ts';
import { openServerQueries, type ServerQueries } from './server/server.queries.ts';
import { startServerLoop, type ServerLoop } from './server/server-loop.ts';
import { openServerWork, serverWorkProjection } from './server/server-work.store.ts';
import type { ServerProcess } from './server/server.process.ts';
import { ACCOUNT_OPENER, ARTIFACT_CATALOG, CHOOSE_CLOUD, CLOUD_WATCH, CLOUDS, FLEET_PARTS, FLEET_RECONCILER, INSTALLATION_CLOUD, QUEUE_VIEW, QUOTAS, SERVER_CATALOG, SERVER_HANDLER, SERVER_JOINS, SERVER_LOOP, SERVER_PROCESS, SERVER_QUERIES } from './tokens.ts';

type Db = Kysely<ProvisioningDatabase>;

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const providers: Provider[] = [
  {
    provide: CLOUD_WATCH, inject: [DATABASE, CONFIG],
    useFactory: (db: Db, config: ProvisioningConfig) => openCloudWatch(db, { mostCallsPerHour: config.CITRUS_CLOUD_CALLS_PER_HOUR }),
  },
  { provide: ACCOUNT_OPENER, inject: [CONFIG, CLOUD_WATCH], useFactory: openAccounts },
  { provide: INSTALLATION_CLOUD, inject: [CONFIG, ACCOUNT_OPENER], useFactory: openInstallationCloud },
  ...credentialProviders,
  ...actionProviders,
  { provide: ARTIFACT_CATALOG, inject: [CONFIG], useFactory: (config: ProvisioningConfig) => openArtifactCatalog(config.CITRUS_ARTIFACTS_DIR) },
  { provide: SERVER_HANDLER, inject: [EVENT_STORE], useFactory: handleServerCommand },
  { provide: SERVER_QUERIES, inject: [DATABASE], useFactory: openServerQueries },
  {
    provide: SERVER_PROCESS,
    inject: [CONFIG, EVENT_STORE, SERVER_HANDLER, CLOUDS, REQUESTS, ARTIFACT_CATALOG, CLOCK],
    useFactory: (config: ProvisioningConfig, store: EventStore, handle: ServerHandler, clouds: Clouds, requests: Requests, artifacts: ArtifactCatalog, now: Clock) =>
      createServerProcess({ config, store, handle, clouds, requests, artifacts, now }),
  },
  {
    provide: SERVER_LOOP,
    inject: [DATABASE, SERVER_PROCESS, CLOUD_WATCH, PROJECTIONS, LOGGER],
    useFactory: (db: Db, process: ServerProcess, { parked }: CloudWatch, projections: Projections, logger: Logger) => {
      const loop = startServerLoop({ work: openServerWork(db), process, logger, parked });
      projections.onMoved(serverWorkProjection.name, () => loop.wake());
      return loop;
    },
  },
  {
    provide: FLEET_RECONCILER,
    inject: [FLEET_PARTS, CONFIG],
    useFactory: (parts: RepairParts, config: ProvisioningConfig) => startFleetReconciler(parts, config.CITRUS_RECONCILE_EVERY_MS),
  },
  {
    provide: FLEET_PARTS,
    inject: [SERVER_PROCESS, DATABASE, EVENT_STORE, PROJECTIONS, SERVER_HANDLER, SERVER_LOOP, LOGGER],
    useFactory: (process: ServerProcess, db: Db, store: EventStore, projections: Projections, handle: ServerHandler, loop: ServerLoop, logger: Logger): RepairParts =>
      ({ process, facts: () => readFleetFacts({ db, store, projections }), reports: openReportStore(db), handle, wake: () => loop.wake(), reached: (position) => projections.reached(position), logger }),
  },
  {
    provide: QUEUE_VIEW, inject: [DATABASE, CLOUDS, CLOCK],
    useFactory: (db: Db, clouds: Clouds, now: Clock) => openQueueView({ db, clouds, now }),
  },
  {
    provide: QUOTAS, inject: [EVENT_STORE, DATABASE, PROJECTIONS, CLOCK],
    useFactory: (store: EventStore, db: Db, projections: Projections, now: Clock) => openQuotas({ store, db, projections, now }),
  },
  {
    provide: SERVER_CATALOG,
    inject: [EVENT_STORE, SERVER_HANDLER, PROJECTIONS, SERVER_QUERIES, SERVER_LOOP, CHOOSE_CLOUD, QUOTAS, CLOCK, LOGGER],
    useFactory: (store: EventStore, handle: ServerHandler, projections: Projections, queries: ServerQueries, loop: ServerLoop, chooseCloud: ChooseCloud, quotas: Quotas, now: Clock, logger: Logger) =>
      new ServerCatalog({ store, handle, projections, queries, chooseCloud, quotas, now, logger, wake: () => loop.wake() }),
  },
  {
    provide: SERVER_JOINS,
    inject: [SERVER_CATALOG, SERVER_PROCESS, REQUESTS, CONFIG, CLOCK],
    useFactory: (catalog: ServerCatalog, process: ServerProcess, requests: Requests, config: ProvisioningConfig, now: Clock) =>
      createServerJoins({ catalog, load: process.load, requests, hubUrl: config.CITRUS_AGENT_HUB_URL, tokenLifeMs: config.CITRUS_JOIN_TOKEN_LIFE_MS, now }),
  },
  ...groupProviders,
];
/* oxlint-enable max-params */

@Module({
  imports: [loggedServiceModule<ProvisioningDatabase>({ service: 'provisioning', events: provisioningEvents, projections: [serversProjection, serverActionsProjection, serverWorkProjection, cloudCredentialsProjection, projectCloudsProjection, credentialNewsProjection, groupsProjection, groupWorkProjection, projectQuotasProjection, serverQueueProjection], readModels: [serversAsTheyWere] })],
  providers,
  controllers: [ServerConsumer, FleetConsumer, ActionConsumer, CredentialConsumer, GroupConsumer, ReconcileConsumer, QuotaConsumer],
})
export class AppModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #agents: Feed | undefined;

  // oxlint-disable-next-line max-params -- what the feed of agents needs, and what must stop with the service
  constructor(
    @Inject(CONFIG) private readonly config: ProvisioningConfig,
    @Inject(DATABASE) private readonly db: Db,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(SERVER_HANDLER) private readonly handle: ServerHandler,
    @Inject(SERVER_LOOP) private readonly loop: ServerLoop,
    @Inject(FLEET_RECONCILER) private readonly reconciler: { stop(): Promise<void> },
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REGISTRY) private readonly registry: MetricsRegistry,
  ) {}

  onApplicationBootstrap(): void {
    const { db, nats, requests, logger } = this;
    const handle = handleAgentEvent(this.handle);
    const agents = startFeed({ databaseUrl: this.config.CITRUS_DATABASE_URL, db, nats, requests, source: 'agent-mgmt', consumer: AGENTS_CONSUMER, handle, handleAll: sideBySide(handle), gatherMs: AGENTS_GATHER_MS, logger });
    this.#agents = observeFeed(this.registry, AGENTS_CONSUMER, agents);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.#agents?.stop(), this.loop.stop(), this.reconciler.stop()]);
  }
}
