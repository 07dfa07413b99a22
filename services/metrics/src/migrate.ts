/** Brings the database of metrics up to date. */
import { migrate } from '@citrus/kit-event-store/migrate';
import { OwnerConfig, runMigrateProgram } from '@citrus/kit-service/migrate-program';
import { migrations } from './migrations/index.ts';

await runMigrateProgram('The database of metrics', OwnerConfig, ({ CITRUS_DATABASE_OWNER_URL: ownerUrl, CITRUS_DATABASE_ROLE: role }) => migrate({ ownerUrl, role, migrations }));
