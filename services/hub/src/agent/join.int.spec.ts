import { AgentId, joinServer, renewJoinToken, ServerId, type Server } from '@citrus/contracts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ARTIFACT, ARTIFACT_DIGEST, PROJECT, test } from '../hub.fixture.ts';

const SERVER = ServerId.parse('44444444-4444-4444-8444-444444444444');
const server = (over: Partial<Server>): Server => ({
  id: SERVER, projectId: PROJECT, name: 'web-7', status: 'initializing', provider: 'none', cloudId: null, power: null, action: null, isProtected: false, maintenance: null, queue: null, backups: false, region: 'none', size: 'none', image: 'none', tags: [], dropletRef: null, ipAddress: null, agentId: AgentId.parse('agent-of-web'), note: null,
  createdAt: new Date(0).toISOString(), updatedAt: new Date(0).toISOString(), ...over,
});
const endsAt = '2026-11-22T09:00:00.000Z';

test('an operator gets the command that joins a machine, the same one for the same key', async ({ hub }) => {
  await hub.answer(joinServer, ({ serverId, jobId, spec }) => ({ server: server({ id: serverId, name: spec.name, tags: spec.tags }), command: `join with ${jobId}`, endsAt }));
  const ask = (key: string, body: object = { name: 'web-7', tags: ['rack-4'] }, token?: string) => hub.call('POST', '/api/servers/join', { body, headers: { 'idempotency-key': key }, ...(token && { token }) });
  const first = await ask('once');
  expect(first).toMatchObject({ status: 202, json: { server: { name: 'web-7', provider: 'none', tags: ['rack-4'] }, endsAt } });
  expect(first.headers.get('cache-control')).toBe('no-store');
  expect((await ask('once')).json).toEqual(first.json);
  expect((await ask('another')).json).not.toEqual(first.json);
  expect((await ask('wrong', { name: 'web-7', region: 'sfo3' })).json).toMatchObject({ status: 400, fields: [{ path: 'region', message: 'is not a field here' }] });
  expect((await ask('viewer', undefined, await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]))).status).toBe(403);
});

test('a new command is asked for by the server', async ({ hub }) => {
  await hub.answer(renewJoinToken, ({ serverId }) => ({ server: server({ id: serverId }), command: 'join again', endsAt }));
  expect(await hub.call('POST', `/api/servers/${SERVER}/join-token`)).toMatchObject({ status: 202, json: { server: { id: SERVER }, command: 'join again' } });
});

test('anyone may read the script, once the agent is built', async ({ hub }) => {
  const read = () => hub.call('GET', '/api/agents/install.sh', { token: '' });
  expect((await read()).json).toMatchObject({ status: 503, detail: expect.stringContaining('has not been built') });
  await writeFile(join(hub.artifactsDir, 'index.json'), JSON.stringify({ 'install.sh': { digest: ARTIFACT_DIGEST, version: '1' } }));
  const script = await read();
  expect(script).toMatchObject({ status: 200, json: ARTIFACT });
  expect(script.headers.get('content-type')).toBe('text/x-shellscript; charset=utf-8');
});
