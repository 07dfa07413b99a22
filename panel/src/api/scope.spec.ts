import { describe, expect, test } from 'vitest';
import { addressIn } from './scope.ts';

describe('a call', () => {
  test.each([
    ['/api/servers', '/api/servers?projectId=p1'],
    ['/api/servers/s1/retry', '/api/servers/s1/retry?projectId=p1'],
    ['/api/jobs?limit=200', '/api/jobs?limit=200&projectId=p1'],
    ['/api/agents/trust', '/api/agents/trust?projectId=p1'],
    ['/api/members?projectId=p2', '/api/members?projectId=p2'],
    ['/api/audit', '/api/audit?projectId=p1'],
    ['/api/audit/installation?limit=5', '/api/audit/installation?limit=5'],
    ['/api/invitations/read', '/api/invitations/read'],
    ['/api/auth/me', '/api/auth/me'],
    ['/api/events?limit=5', '/api/events?limit=5'],
    ['/api/installers', '/api/installers'],
    ['/api/serversandmore', '/api/serversandmore'],
  ])('%s', (path, address) => expect(addressIn('p1', path)).toBe(address));

  test('of somebody in no project is left as it is', () => expect(addressIn(undefined, '/api/servers')).toBe('/api/servers'));
});
