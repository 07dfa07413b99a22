/** Brings the database up to date as its owner, and grants the service's role what it needs. Safe to run again. */
import { migrate } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { z } from 'zod';
import { analystViews } from './analyst-views.ts';
import { migrations } from './migrations/index.ts';

const config = parseConfig(z.object({ CITRUS_DATABASE_OWNER_URL: z.url(), CITRUS_DATABASE_ROLE: z.string().min(1) }), process.env);
await migrate({ ownerUrl: config.CITRUS_DATABASE_OWNER_URL, role: config.CITRUS_DATABASE_ROLE, migrations, analystViews });
