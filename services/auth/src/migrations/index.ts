/** By name, which starts with the date; a migration that was released is never changed. */
import type { Migrations } from '@citrus/kit-event-store';
import { up as auth } from './2026-11-21-auth.ts';
import { up as people } from './2026-11-22-people.ts';
import { up as sessions } from './2026-11-22-sessions.ts';
import { up as agentTrust } from './2026-11-22-trust-in-agents.ts';
import { up as subjects } from './2026-11-21-subjects.ts';
import { up as audit } from './2026-11-22-audit.ts';

export const migrations: Migrations = {
  '2026-11-21-auth': { up: auth },
  '2026-11-21-subjects': { up: subjects },
  '2026-11-22-audit': { up: audit },
  '2026-11-22-people': { up: people },
  '2026-11-22-sessions': { up: sessions },
  '2026-11-22-trust-in-agents': { up: agentTrust },
};
