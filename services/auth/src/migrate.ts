/**
 * A program: brings auth's database and the keyring up to date as their owners, and grants the service's roles what they
 * need.
 */
import { migrate, migrateKeyring, type Migrations } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { z } from 'zod';
import { analystViews } from './analyst-views.ts';
import { up as auth } from './migrations/2026-11-21-auth.ts';
import { up as people } from './migrations/2026-11-22-people.ts';
import { up as sessions } from './migrations/2026-11-22-sessions.ts';
import { up as agentTrust } from './migrations/2026-11-22-trust-in-agents.ts';
import { up as subjects } from './migrations/2026-11-21-subjects.ts';
import { up as audit } from './migrations/2026-11-22-audit.ts';

export const migrations: Migrations = { '2026-11-21-auth': { up: auth }, '2026-11-21-subjects': { up: subjects }, '2026-11-22-audit': { up: audit }, '2026-11-22-people': { up: people }, '2026-11-22-sessions': { up: sessions }, '2026-11-22-trust-in-agents': { up: agentTrust } };

const text = z.string().min(1);
const MigrateConfig = z.object({ CITRUS_DATABASE_OWNER_URL: text, CITRUS_DATABASE_ROLE: text, CITRUS_KEYRING_OWNER_URL: text, CITRUS_KEYRING_ROLE: text });

if (import.meta.main) {
  const config = parseConfig(MigrateConfig, process.env);
  await migrate({ ownerUrl: config.CITRUS_DATABASE_OWNER_URL, role: config.CITRUS_DATABASE_ROLE, migrations, analystViews });
  await migrateKeyring({ ownerUrl: config.CITRUS_KEYRING_OWNER_URL, role: config.CITRUS_KEYRING_ROLE });
}
