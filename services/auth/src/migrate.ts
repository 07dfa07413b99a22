/** A program: brings auth's database up to date as its owner, and grants the service's role what it needs. */
import { migrate, type Migrations } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { z } from 'zod';
import { up as auth } from './migrations/2026-11-21-auth.ts';

export const migrations: Migrations = { '2026-11-21-auth': { up: auth } };

if (import.meta.main) {
  const config = parseConfig(z.object({ CITRUS_DATABASE_OWNER_URL: z.string().min(1), CITRUS_DATABASE_ROLE: z.string().min(1) }), process.env);
  await migrate({ ownerUrl: config.CITRUS_DATABASE_OWNER_URL, role: config.CITRUS_DATABASE_ROLE, migrations });
}
