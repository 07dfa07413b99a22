/** A program: seals anew, with the master key in use, what agent-mgmt's database holds. */
import { runReseal } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { Config } from './config.ts';

const sameId = (id: string): string => id;
const columns = [
  { table: 'job_keys', id: 'job_id', column: 'sealed_key', rowId: sameId },
  { table: 'command_keys', id: 'key_id', column: 'sealed_private_key', rowId: sameId },
];

if (import.meta.main) {
  const { CITRUS_DATABASE_URL: databaseUrl, CITRUS_MASTER_KEY_FILE: file } = parseConfig(Config.pick({ CITRUS_DATABASE_URL: true, CITRUS_MASTER_KEY_FILE: true }), process.env);
  process.exitCode = await runReseal([{ name: 'agent-mgmt', databaseUrl, columns }], file);
}
