/** A program: seals anew, with the master key in use, what auth's database and the keyring hold. */
import { keyringSeals, openDatabase, openKeyring, openPool, runReseal } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { z } from 'zod';
import type { AuthDatabase } from './database.ts';
import { createPersonalTexts } from './subject/personal-text.ts';
import { createPasswords } from './user/password.ts';
import { passwordsWithMasterKey } from './user/reseal-passwords.ts';

const text = z.string().min(1);
const ResealConfig = z.object({ CITRUS_DATABASE_URL: text, CITRUS_KEYRING_URL: text, CITRUS_MASTER_KEY_FILE: text });

export const authSeals = [{ table: 'signing_keys', id: 'key_id', column: 'sealed_private_key', rowId: (id: string) => `signing-key-${id}` }] as const;

if (import.meta.main) {
  const config = parseConfig(ResealConfig, process.env);
  const databases = [
    { name: 'auth', databaseUrl: config.CITRUS_DATABASE_URL, columns: authSeals },
    { name: 'keyring', databaseUrl: config.CITRUS_KEYRING_URL, columns: keyringSeals },
  ];
  process.exitCode = await runReseal(databases, config.CITRUS_MASTER_KEY_FILE, async (masterKeys) => {
    const pool = openPool({ databaseUrl: config.CITRUS_DATABASE_URL, max: 1 });
    const keyring = openKeyring({ databaseUrl: config.CITRUS_KEYRING_URL, masterKeys });
    try {
      const people = await passwordsWithMasterKey(createPersonalTexts(keyring), createPasswords(masterKeys), openDatabase<AuthDatabase>(pool));
      return people.length === 0 ? [] : [`the passwords of ${people.length} people still hold a seal of an older master key; start auth of this release once, which seals them anew`];
    } finally {
      await keyring.close();
      await pool.end();
    }
  });
}
