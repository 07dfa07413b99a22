/** Brings the database of metrics up to date, as its owner; the service itself may not change tables. */
import { migrate } from '@citrus/kit-event-store';
import { parseConfig, StartRefused } from '@citrus/kit-service';
import { z } from 'zod';
import { migrations } from './migrations/index.ts';

const Config = z.object({
  CITRUS_DATABASE_OWNER_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://role:password@host:port/database' }),
  CITRUS_DATABASE_ROLE: z.string().regex(/^[a-z_][a-z0-9_-]*$/),
});

try {
  const config = parseConfig(Config, process.env);
  await migrate({ ownerUrl: config.CITRUS_DATABASE_OWNER_URL, role: config.CITRUS_DATABASE_ROLE, migrations });
} catch (error) {
  process.stderr.write(`The database of metrics was not migrated. ${error instanceof StartRefused ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
