/** Brings agent-mgmt's database up to date, as its owner; the service itself may not change tables. */
import { migrate } from '@citrus/kit-event-store';
import { parseConfig, StartRefused } from '@citrus/kit-service';
import { analystViews } from './analyst-views.ts';
import { MigrateConfig } from './config.ts';
import { migrations } from './migrations/index.ts';

try {
  const config = parseConfig(MigrateConfig, process.env);
  await migrate({ ownerUrl: config.CITRUS_DATABASE_OWNER_URL, role: config.CITRUS_DATABASE_ROLE, migrations, analystViews });
} catch (error) {
  process.stderr.write(`agent-mgmt's database was not migrated. ${error instanceof StartRefused ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
