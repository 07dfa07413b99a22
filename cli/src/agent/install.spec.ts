import { expect, test } from 'vitest';
import { install, renew } from './install.ts';
import { stageFor } from '../testing/stage.ts';

const ID = '44444444-4444-4444-8444-444444444444';
const server = { id: ID, projectId: ID, name: 'web-7', status: 'initializing', provider: 'none', region: 'none', size: 'none', image: 'none', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, createdAt: '2026-11-21T09:00:00.000Z', updatedAt: '2026-11-21T09:00:00.000Z' };
const invitation = { server, command: '(curl … && echo "citrus_join …") | sudo sh', endsAt: '2026-11-22T09:00:00.000Z' };

const stage = (servers: object[] = []) => stageFor(({ path }) => (path === '/api/servers' ? { items: servers, nextCursor: null } : invitation));

test('the command stands alone on stdout, and what it is beside it', async () => {
  const { api, terminal, calls, lines } = stage();
  await install({ name: 'web-7', tags: 'shop, rack-4,' }, api, terminal);
  expect(lines.out).toEqual([invitation.command]);
  expect(lines.note.join('')).toContain('becomes web-7; it is good once, until 2026-11-22 09:00 UTC');
  expect(calls).toMatchObject([{ method: 'POST', path: '/api/servers/join', body: { name: 'web-7', tags: ['shop', 'rack-4'] } }]);
});

test('scripts get the same as JSON', async () => {
  const { api, terminal, calls, lines } = stage();
  await install({ name: 'web-7', project: ID, json: true }, api, terminal);
  expect(lines.out.map((line) => JSON.parse(line) as unknown)).toEqual([{ serverId: ID, name: 'web-7', command: invitation.command, endsAt: invitation.endsAt }]);
  expect(calls[0]?.body).toEqual({ name: 'web-7', projectId: ID });
});

test('a new command is asked for by name or id', async () => {
  const { api, terminal, calls, lines } = stage([{ ...server, name: 'web-77', id: '55555555-5555-4555-8555-555555555555' }, server]);
  await renew('web-7', {}, api, terminal);
  await renew(ID, {}, api, terminal);
  expect(calls.map(({ path }) => path)).toEqual(['/api/servers', `/api/servers/${ID}/join-token`, `/api/servers/${ID}/join-token`]);
  expect(lines.out).toEqual([invitation.command, invitation.command]);
  await expect(renew('web', {}, api, terminal)).rejects.toThrow('there is no server called web');
  const twins = stage([server, { ...server, id: '55555555-5555-4555-8555-555555555555' }]);
  await expect(renew('web-7', {}, twins.api, twins.terminal)).rejects.toThrow('more than one server');
});
