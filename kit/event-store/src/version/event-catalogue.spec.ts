import { AgentRetired, PUBLIC_EVENTS, ServerDeleted, type EventCatalogue } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { versionsOf } from './event-catalogue.ts';
import { createUpcaster } from './event-versions.ts';

test('a catalogue tells the current version and how to get there', () => {
  const upcast = (data: Readonly<Record<string, unknown>>) => ({ ...data, agentId: 'a' });
  const events: EventCatalogue = { AgentRetired: { schema: AgentRetired, older: [{ schema: ServerDeleted, upcast }] }, ServerDeleted: { schema: ServerDeleted } };
  expect(versionsOf(events)).toEqual({ AgentRetired: { current: 2, upcasts: { 1: upcast } }, ServerDeleted: { current: 1, upcasts: {} } });
});

test.each(Object.entries(PUBLIC_EVENTS))('the public events of %s can be put together', (_, events) => {
  const upcaster = createUpcaster(versionsOf(events));
  for (const type of Object.keys(events)) expect(upcaster.versionToWrite({ type })).toBeGreaterThanOrEqual(1);
});
