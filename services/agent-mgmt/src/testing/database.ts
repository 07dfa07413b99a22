/** Databases as agent-mgmt and its neighbours find them, migrated once in a test run and then copied. For tests. */
import { migrate } from '@citrus/kit-event-store';
import { test as base, type Template } from '@citrus/kit-testing';
import { migrations } from '../migrations/index.ts';

export const AGENT_MGMT_DATABASE: Template = { name: 'agent-mgmt', migrate: (place) => migrate({ ...place, migrations }) };
/** Another service's, of which only the log is looked at. */
export const LOG_ONLY: Template = { name: 'log-only', migrate };

/** `database` is migrated. */
export const test = base.extend('template', () => AGENT_MGMT_DATABASE);
