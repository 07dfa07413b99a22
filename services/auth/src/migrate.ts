/** Brings auth's database and the keyring up to date, and grants the service's roles what they need. */
import { migrate, migrateKeyring } from '@citrus/kit-event-store/migrate';
import { OwnerConfig, ownerUrl, roleName, runMigrateProgram } from '@citrus/kit-service/migrate-program';
import { analystViews } from './analyst-views.ts';
import { migrations } from './migrations/index.ts';

const Config = OwnerConfig.extend({ CITRUS_KEYRING_OWNER_URL: ownerUrl, CITRUS_KEYRING_ROLE: roleName });

await runMigrateProgram('The database of auth', Config, async (config) => {
  await migrate({ ownerUrl: config.CITRUS_DATABASE_OWNER_URL, role: config.CITRUS_DATABASE_ROLE, migrations, analystViews });
  await migrateKeyring({ ownerUrl: config.CITRUS_KEYRING_OWNER_URL, role: config.CITRUS_KEYRING_ROLE });
});
