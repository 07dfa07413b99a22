/** A program: seals anew, with the master key in use, what the database of metrics holds. */
import { runReseal } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { MetricsConfig } from './config.ts';
import { placeOfSeal } from './webhook/webhook-seals.ts';

const columns = [{ table: 'webhook_seals', id: 'id', column: 'sealed', rowId: placeOfSeal }];

if (import.meta.main) {
  const { CITRUS_DATABASE_URL: databaseUrl, CITRUS_MASTER_KEY_FILE: file } = parseConfig(MetricsConfig.pick({ CITRUS_DATABASE_URL: true, CITRUS_MASTER_KEY_FILE: true }), process.env);
  process.exitCode = await runReseal([{ name: 'metrics', databaseUrl, columns }], file);
}
