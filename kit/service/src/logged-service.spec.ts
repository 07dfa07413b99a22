import { PUBLIC_EVENTS } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { describe, expect, test } from 'vitest';
import { loggedServiceModule } from './index.ts';

const readModel = (...handles: string[]) => defineFold<{ id: string }>({ name: 'servers', version: 1, table: 'servers', key: ['id'], handles, keyOf: ({ stream }) => [stream], evolve: (row) => row });

describe('a service with a catalogue of events', () => {
  test('does not start with a read model that waits for an event which never comes', () =>
    expect(() => loggedServiceModule({ service: 'provisioning', events: PUBLIC_EVENTS.provisioning, projections: [readModel('ServerRequested', 'ServerRequsted')] })).toThrow('servers handles ServerRequsted'));
  test('starts with those that it has', () =>
    expect(() => loggedServiceModule({ service: 'provisioning', events: PUBLIC_EVENTS.provisioning, projections: [readModel('ServerRequested')] })).not.toThrow());
});
