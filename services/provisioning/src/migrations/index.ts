/** By name, which starts with the date; a migration that was released is never changed. */
import type { Migrations } from '@citrus/kit-event-store';
import { up as first } from './2026-11-21-first.ts';
import { up as join } from './2026-11-22-join.ts';
import { up as budget } from './2026-11-23-budget.ts';
import { up as clouds } from './2026-11-23-clouds.ts';
import { up as groups } from './2026-11-23-groups.ts';
import { up as reconcile } from './2026-11-23-reconcile.ts';
import { up as dayTwo } from './2026-11-23-day-two.ts';
import { up as queue } from './2026-11-23-queue.ts';
import { up as quotas } from './2026-11-23-quotas.ts';

export const migrations: Migrations = { '2026-11-21-first': { up: first }, '2026-11-22-join': { up: join }, '2026-11-23-budget': { up: budget }, '2026-11-23-clouds': { up: clouds }, '2026-11-23-groups': { up: groups }, '2026-11-23-reconcile': { up: reconcile }, '2026-11-23-day-two': { up: dayTwo }, '2026-11-23-queue': { up: queue }, '2026-11-23-quotas': { up: quotas } };
