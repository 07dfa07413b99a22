/**
 * The Ed25519 key that commands are signed with: made once, kept in the database sealed with the master key, shared by
 * all replicas. The newest one signs; all public parts are told, so that a key can be replaced without a pause.
 */
import type { SigningKey } from '@citrus/contracts';
import { generateSigningKeys, openWithKey, SealBroken, sealWithKey, sha256Digest, type MasterKeys } from '@citrus/kit-crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type SecretSigningKey = SigningKey & { readonly privateKey: string };

export class CommandKeys {
  #signing: Promise<SecretSigningKey> | undefined;

  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly masterKeys: MasterKeys,
  ) {}

  /** The key that signs; a failure is not remembered. */
  signing(): Promise<SecretSigningKey> {
    this.#signing ??= this.#loadOrMake().catch((error: unknown) => {
      this.#signing = undefined;
      throw error;
    });
    return this.#signing;
  }

  /** What is wrong with the key, if anything is. */
  async check(): Promise<string | undefined> {
    try {
      await this.signing();
      return undefined;
    } catch (error) {
      if (error instanceof SealBroken) return 'the command key in the database was sealed with another master key; give the right CITRUS_MASTER_KEY_FILE';
      throw error;
    }
  }

  async published(): Promise<SigningKey[]> {
    await this.signing();
    const rows = await this.db.selectFrom('command_keys').select(['key_id', 'public_key']).orderBy('created_at').execute();
    return rows.map((row) => ({ keyId: row.key_id, publicKey: row.public_key }));
  }

  #loadOrMake(): Promise<SecretSigningKey> {
    return this.db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended('agent-mgmt.command-keys', 0))`.execute(trx);
      const row = await trx.selectFrom('command_keys').selectAll().orderBy('created_at', 'desc').limit(1).executeTakeFirst();
      if (row) return { keyId: row.key_id, publicKey: row.public_key, privateKey: openWithKey(this.masterKeys, row.sealed_private_key, row.key_id) };
      return await this.#make(trx);
    });
  }

  async #make(trx: Transaction<AgentMgmtDatabase>): Promise<SecretSigningKey> {
    const { publicKey, privateKey } = generateSigningKeys();
    const keyId = sha256Digest(publicKey).slice('sha256:'.length, 'sha256:'.length + 16);
    await trx.insertInto('command_keys').values({ key_id: keyId, public_key: publicKey, sealed_private_key: sealWithKey(this.masterKeys, privateKey, keyId) }).execute();
    return { keyId, publicKey, privateKey };
  }
}
