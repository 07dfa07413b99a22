/**
 * API tokens at rest: each in a row of its own, sealed with the master key, which is not in the database, and bound to
 * its row. A token is never changed in place: a new one comes beside it, and the old row is destroyed.
 */
import { openWithKey, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import type { Kysely } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';

/** The place that a token's seal is bound to. */
export const placeOfToken = (tokenId: string): string => `cloud-token-${tokenId}`;

export type KeptToken = { readonly tokenId: string; readonly credentialId: string };

export type TokenVault = {
  /** Before it is told of in the log, so that the log never names a token that is not there. */
  keep(token: KeptToken & { readonly token: string }): Promise<void>;
  /** Undefined: it was destroyed. @throws SealBroken */
  open(tokenId: string): Promise<string | undefined>;
  destroy(tokenId: string): Promise<void>;
  /** Tokens that were kept before `instant`. */
  keptBefore(instant: Date): Promise<readonly KeptToken[]>;
};

export const openTokenVault = (db: Kysely<ProvisioningDatabase>, keys: MasterKeys): TokenVault => ({
  keep: async ({ tokenId, credentialId, token }) => {
    await db.insertInto('cloud_tokens').values({ id: tokenId, credential_id: credentialId, sealed: sealWithKey(keys, token, placeOfToken(tokenId)) }).execute();
  },
  open: async (tokenId) => {
    const row = await db.selectFrom('cloud_tokens').select('sealed').where('id', '=', tokenId).executeTakeFirst();
    return row && openWithKey(keys, row.sealed, placeOfToken(tokenId));
  },
  destroy: async (tokenId) => {
    await db.deleteFrom('cloud_tokens').where('id', '=', tokenId).execute();
  },
  keptBefore: async (instant) => {
    const rows = await db.selectFrom('cloud_tokens').select(['id', 'credential_id']).where('created_at', '<', instant).execute();
    return rows.map((row) => ({ tokenId: row.id, credentialId: row.credential_id }));
  },
});
