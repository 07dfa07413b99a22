import { describe, expect, test } from 'vitest';
import { entryOf, groupOf, windowEndOf } from './audited-message.ts';

const body = { id: '0198c0de-0000-7000-8000-0000000000a1', at: '1999-01-01T00:00:00.000Z', service: 'auth', action: 'a.b', outcome: 'refused' } as const;
const message = { subject: 'audit.hub', body, sequence: 7, timestampMs: Date.parse('2026-11-22T10:00:30.000Z') };

describe('an entry', () => {
  test('is of the service that published it and of the time when it came, whatever it says', () => expect(entryOf(message)).toMatchObject({ service: 'hub', at: '2026-11-22T10:00:30.000Z', action: 'a.b' }));
  test('has the same id each time it comes', () => expect(entryOf({ ...message, sequence: 8 }).id).toBe(entryOf(message).id));
  test('takes no id of another service', () => expect(entryOf({ ...message, subject: 'audit.metrics' }).id).not.toBe(entryOf(message).id));
  test('without an id is its message', () => {
    const { id: _, ...older } = body;
    expect(entryOf({ ...message, body: older }).id).not.toBe(entryOf({ ...message, body: older, sequence: 8 }).id);
  });
  test('T315. that the broker put there out of another stream counts as nobody’s', () => expect(() => entryOf({ ...message, cameOutOfStream: true })).toThrow(/out of another stream/));
  test.each([[{ ...message, subject: 'audit.nobody' }], [{ ...message, body: 'text' }], [{ ...message, body: { ...body, outcome: 'maybe' } }], [{ ...message, body: { ...body, action: 'x'.repeat(200) } }]])('is nothing else: %#', (wrong) => expect(() => entryOf(wrong)).toThrow());
});

describe('the same refusal', () => {
  const entry = entryOf(message);
  test('counts together', () => expect(groupOf({ ...entry, correlationId: 'other', id: 'other' }, 'h')).toBe(groupOf(entry, 'h')));
  test.each([{ action: 'c.d' }, { code: 'x.y' }, { actor: { kind: 'user', id: 'u' } as const }, { actor: { kind: 'user', id: 'u' } as const, target: { id: '1' } }, { projectId: 'p' }])('is another one with %o', (change) => expect(groupOf({ ...entry, ...change }, 'h')).not.toBe(groupOf(entry, 'h')));
  test('is another one from another address', () => expect(groupOf(entry, 'other')).not.toBe(groupOf(entry, 'h')));
  test('of somebody known is another one for another thing', () => {
    const known = { ...entry, actor: { kind: 'user', id: 'u' } as const };
    expect(groupOf({ ...known, target: { id: '1' } }, 'h')).not.toBe(groupOf({ ...known, target: { id: '2' } }, 'h'));
  });
  test('of a stranger counts together whatever he makes up', () => expect(groupOf({ ...entry, target: { id: '1' } }, 'h')).toBe(groupOf({ ...entry, target: { id: '2' } }, 'h')));
  test('is told when its minute is over', () => expect(windowEndOf(entry.at).toISOString()).toBe('2026-11-22T10:01:00.000Z'));
});
