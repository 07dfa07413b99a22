import type { Migrations } from '@citrus/kit-event-store';
import { up as first } from './2026-11-21-first.ts';
import { up as beats } from './2026-11-25-beats.ts';
import { up as webhooks } from './2026-11-25-webhooks.ts';

export const migrations: Migrations = { '2026-11-21-first': { up: first }, '2026-11-25-beats': { up: beats }, '2026-11-25-webhooks': { up: webhooks } };
