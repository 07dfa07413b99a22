/** A program: seals anew, with the master key in use, what provisioning's database holds. */
import { runReseal } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { ProvisioningConfig } from './config.ts';
import { placeOfToken } from './credential/token-vault.ts';

const columns = [{ table: 'cloud_tokens', id: 'id', column: 'sealed', rowId: placeOfToken }];

if (import.meta.main) {
  const { CITRUS_DATABASE_URL: databaseUrl, CITRUS_MASTER_KEY_FILE: file } = parseConfig(ProvisioningConfig.pick({ CITRUS_DATABASE_URL: true, CITRUS_MASTER_KEY_FILE: true }), process.env);
  process.exitCode = await runReseal([{ name: 'provisioning', databaseUrl, columns }], file);
}
