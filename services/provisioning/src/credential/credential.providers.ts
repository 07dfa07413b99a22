/** Puts together what is about the cloud credentials of projects, and through them which cloud a server is in. */
import { BadMasterKey, openMasterKeys, type MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, PROJECTIONS, StartRefused } from '@citrus/kit-service';
import type { Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { ProvisioningConfig } from '../config.ts';
import type { ProvisioningDatabase } from '../database.ts';
import { createAccountOpener, budgetOfTest, type AccountOpener } from '../provider/open-account.ts';
import type { InstallationCloud } from '../provider/open-cloud.ts';
import { ACCOUNT_OPENER, CHOOSE_CLOUD, CLOUDS, CREDENTIAL_PARTS, CREDENTIAL_QUERIES, CREDENTIAL_UPKEEP, CREDENTIALS, INSTALLATION_CLOUD } from '../tokens.ts';
import { createBaseUrls } from './base-urls.ts';
import { createCloudChoice } from './cloud-choice.ts';
import { createCredentialClouds, type CredentialClouds } from './credential-clouds.ts';
import { openCredentialLog } from './credential-log.ts';
import { startCredentialUpkeep } from './credential-upkeep.ts';
import { openCredentialQueries, type CredentialQueries } from './credential.queries.ts';
import { createCredentials, type CredentialParts } from './credentials.ts';
import { openTokenVault } from './token-vault.ts';

type Db = Kysely<ProvisioningDatabase>;

const masterKeysOf = ({ CITRUS_MASTER_KEY_FILE }: ProvisioningConfig): MasterKeys => {
  try {
    return openMasterKeys(CITRUS_MASTER_KEY_FILE);
  } catch (error) {
    throw error instanceof BadMasterKey ? new StartRefused(`CITRUS_MASTER_KEY_FILE: ${error.message}`) : error;
  }
};

/** Connections to clouds end with the service, after whoever uses them. */
const endingLast = (clouds: CredentialClouds): CredentialClouds & { onApplicationShutdown(): Promise<void> } => ({ ...clouds, onApplicationShutdown: () => clouds.stop() });

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const cloudsOf = (config: ProvisioningConfig, db: Db, store: EventStore, queries: CredentialQueries, installation: InstallationCloud, open: AccountOpener, logger: Logger, clock: Clock) =>
  endingLast(createCredentialClouds({
    installation, open, logger, log: openCredentialLog(store), vault: openTokenVault(db, masterKeysOf(config)), ids: queries.ids,
    isAllowed: createBaseUrls(config.CITRUS_CLOUD_BASE_URLS).isAllowed, now: () => clock().getTime(),
  }));

const partsOf = (config: ProvisioningConfig, db: Db, store: EventStore, queries: CredentialQueries, projections: Projections, installation: InstallationCloud, clouds: CredentialClouds, now: Clock): CredentialParts => ({
  log: openCredentialLog(store), vault: openTokenVault(db, masterKeysOf(config)), queries, baseUrls: createBaseUrls(config.CITRUS_CLOUD_BASE_URLS),
  open: createAccountOpener({ createTimeoutMs: config.CITRUS_CLOUD_CREATE_TIMEOUT_MS, budgetOf: budgetOfTest }), projections, installation, clouds, now,
});

export const credentialProviders: Provider[] = [
  { provide: CREDENTIAL_QUERIES, inject: [DATABASE], useFactory: openCredentialQueries },
  { provide: CLOUDS, inject: [CONFIG, DATABASE, EVENT_STORE, CREDENTIAL_QUERIES, INSTALLATION_CLOUD, ACCOUNT_OPENER, LOGGER, CLOCK], useFactory: cloudsOf },
  { provide: CREDENTIAL_PARTS, inject: [CONFIG, DATABASE, EVENT_STORE, CREDENTIAL_QUERIES, PROJECTIONS, INSTALLATION_CLOUD, CLOUDS, CLOCK], useFactory: partsOf },
  { provide: CREDENTIALS, inject: [CREDENTIAL_PARTS], useFactory: createCredentials },
  { provide: CHOOSE_CLOUD, inject: [EVENT_STORE, INSTALLATION_CLOUD], useFactory: (store: EventStore, { kind }: InstallationCloud) => createCloudChoice(openCredentialLog(store), kind) },
  {
    provide: CREDENTIAL_UPKEEP,
    inject: [CREDENTIAL_PARTS, LOGGER],
    useFactory: (parts: CredentialParts, logger: Logger) => {
      const upkeep = startCredentialUpkeep({ ...parts, logger });
      return { beforeApplicationShutdown: () => upkeep.stop() };
    },
  },
];
/* oxlint-enable max-params */
