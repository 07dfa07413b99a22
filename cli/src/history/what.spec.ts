import { describe, expect, test } from 'vitest';
import { parseWhat } from './what.ts';
import { parseNamed } from './projections.ts';

const id = '0198c0de-0000-7000-8000-000000000001';

describe('what a person points at', () => {
  test.each([
    ['provisioning:12', { kind: 'place', service: 'provisioning', position: 12 }],
    ['agent-mgmt:1', { kind: 'place', service: 'agent-mgmt', position: 1 }],
    ['servers', { kind: 'all', of: 'server' }],
    ['server/web-1', { kind: 'thing', of: 'server', id: 'web-1' }],
    [`job/${id}`, { kind: 'thing', of: 'job', id }],
    [`agent/agent-${id}`, { kind: 'thing', of: 'agent', id: `agent-${id}` }],
    [`server-${id}`, { kind: 'stream', stream: `server-${id}` }],
    [id, { kind: 'id', id }],
  ])('%s', (text, what) => {
    expect(parseWhat(text)).toEqual(what);
  });

  test.each(['', 'web 1', 'provisioning:0', 'provisioning:-1', 'hub:1', 'provisioning:1e3', 'server/', 'user/x', 'server/a/b', 'server/../x', 'x', 'provisioning:99999999999999999'])('is not %j', (text) => {
    expect(() => parseWhat(text)).toThrow(expect.objectContaining({ exit: 2 }));
  });

  test('a read model has a service and a name', () => {
    expect(parseNamed('agent-mgmt/ended-attempts')).toEqual({ service: 'agent-mgmt', name: 'ended-attempts' });
    for (const text of ['servers', 'hub/servers', 'auth/', 'auth/x/y', 'auth/../x']) expect(() => parseNamed(text)).toThrow(expect.objectContaining({ exit: 2 }));
  });
});
