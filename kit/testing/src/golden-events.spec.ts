import { AgentRegistered, AgentRetired, PUBLIC_EVENTS, ServerDeleted, type EventDefinition } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { goldenEvents, readSample } from './golden-events.ts';

// Of contracts, which depends on zod alone and so has no specs that read files.
const { auth, provisioning, 'agent-mgmt': agentMgmt, metrics } = PUBLIC_EVENTS;
goldenEvents('the public events', { ...auth, ...provisioning, ...agentMgmt, ...metrics }, new URL('../../../contracts/golden/', import.meta.url));

test('no two services publish an event of the same name', () => {
  const types = Object.values(PUBLIC_EVENTS).flatMap((events) => Object.keys(events));
  expect(new Set(types).size).toBe(types.length);
});

describe('a sample', () => {
  const serverId = '349ee59f-a10a-8352-b128-ad1e802a6a11';
  const at = '2026-11-21T10:00:00.000Z';
  const gone = { serverId, at };
  /** As if a retired agent had once been told of by its server alone. */
  const retired: EventDefinition = { schema: AgentRetired, older: [{ schema: ServerDeleted, upcast: (data) => ({ ...data, agentId: `agent-${String(data['serverId'])}` }) }] };

  test('of an older version is read through its upcast', () => expect(readSample(retired, 1, gone)).toEqual({ ...gone, agentId: `agent-${serverId}` }));
  test('may be completed by a default', () => {
    const data = { agentId: 'agent-1-of-web', serverId, projectId: serverId, boxKey: 'b', nkey: 'U', at };
    expect(readSample({ schema: AgentRegistered }, 1, data)).toEqual(data);
  });
  test('that would lose a field is refused', () => expect(() => readSample({ schema: ServerDeleted }, 1, { ...gone, note: 'x' })).toThrow('version 1 keeps all of it'));
  test('that its schema no longer takes is refused', () => expect(() => readSample({ schema: AgentRetired }, 1, gone)).toThrow());
  test('whose upcast makes something else than the current shape is refused', () => {
    const wrong: EventDefinition = { schema: AgentRetired, older: [{ schema: ServerDeleted, upcast: (data) => ({ ...data, agentId: 'agent-1-of-web', left: 1 }) }] };
    expect(() => readSample(wrong, 1, gone)).toThrow('the current version keeps all of it');
  });
});
