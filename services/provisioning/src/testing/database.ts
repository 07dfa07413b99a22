/** A database as provisioning finds it, migrated once in a test run and then copied. For tests. */
import { migrate } from '@citrus/kit-event-store';
import { test as base, type Template } from '@citrus/kit-testing';
import { migrations } from '../migrations/index.ts';

export const PROVISIONING_DATABASE: Template = { name: 'provisioning', migrate: (place) => migrate({ ...place, migrations }) };

/** `database` is migrated. */
export const test = base.extend('template', () => PROVISIONING_DATABASE);
