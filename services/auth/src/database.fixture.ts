/** Databases as auth finds them: its own and the keyring's, migrated once in a test run and then copied. For tests. */
import { migrate, migrateKeyring } from '@citrus/kit-event-store';
import { test as base, type Template } from '@citrus/kit-testing';
import { migrations } from './migrations/index.ts';

export const AUTH_DATABASE: Template = { name: 'auth', migrate: (place) => migrate({ ...place, migrations }) };
export const KEYRING: Template = { name: 'keyring', migrate: migrateKeyring };

/** Another service's, of which only the log is looked at. */
export const LOG_ONLY: Template = { name: 'log-only', migrate };

/** `database` is migrated. */
export const test = base.extend('template', () => AUTH_DATABASE);
