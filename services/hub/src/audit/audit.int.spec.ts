/** What the hub publishes for the audit, read from the stream as auth reads it. */
import { AUDIT_STREAM, AuditEntry, createServer, readServer, ServerId, signIn } from '@citrus/contracts';
import { Refusal, Unauthenticated } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'vitest';
import { OTHER_PROJECT, PROJECT, test, type Hub } from '../hub.fixture.ts';

const SERVER = ServerId.parse('44444444-4444-4444-8444-444444444444');

const told = async (hub: Hub, count: number): Promise<AuditEntry[]> => {
  const { streams } = await jetstreamManager(hub.nc);
  await eventually(async () => expect((await streams.info(AUDIT_STREAM)).state.messages).toBe(count));
  return Promise.all(Array.from({ length: count }, async (_, index) => AuditEntry.parse((await streams.getMessage(AUDIT_STREAM, { seq: index + 1 }))?.json())));
};

test('every change and every refusal is told, and nothing that was sent', async ({ hub }) => {
  await hub.answer(createServer, () => {
    throw new Refusal('server.quota', 'secret words');
  });
  const asked = [
    await hub.call('POST', '/api/servers', { body: { name: 'canary-name' } }),
    await hub.call('POST', '/api/servers', { body: { name: 'Canary Not A Name' } }),
    await hub.call('DELETE', `/api/servers/${SERVER}?projectId=${OTHER_PROJECT}`),
    await hub.call('GET', `/api/servers/${SERVER}?status=canary`, { token: '' }),
  ];
  expect(asked.map(({ status }) => status)).toEqual([409, 400, 403, 401]);
  const entries = await told(hub, 4);
  expect(entries.map(({ action, outcome, code, projectId }) => [action, outcome, code, projectId])).toEqual([
    ['POST /api/servers', 'refused', 'server.quota', PROJECT],
    ['POST /api/servers', 'refused', 'request.invalid', PROJECT],
    ['DELETE /api/servers/:id', 'refused', 'project.not_a_member', undefined],
    ['GET /api/servers/:id', 'refused', expect.any(String), undefined],
  ]);
  expect(entries[2]?.target).toEqual({ id: SERVER, projectId: OTHER_PROJECT });
  expect(entries[0]?.correlationId).toBe(asked[0]?.headers.get('x-correlation-id'));
  expect(JSON.stringify(entries)).not.toMatch(/canary|secret/i);
});

test('reading that was let in and a sign-in, which auth tells itself, are not', async ({ hub }) => {
  await hub.answer(signIn, () => {
    throw new Unauthenticated('No.', 'session.wrong_credentials');
  });
  await hub.answer(readServer, () => {
    throw new Refusal('server.odd', 'No.');
  });
  await hub.call('POST', '/api/auth/login', { token: '', body: { email: 'a@example.com', password: 'x' } });
  await hub.call('GET', `/api/servers/${SERVER}`);
  await hub.call('POST', '/api/servers', { body: {} });
  expect((await told(hub, 1)).map(({ action }) => action)).toEqual(['POST /api/servers']);
});

test('a person who goes away before the answer is told all the same', async ({ hub }) => {
  let isAsked = false;
  let answer = () => undefined as void;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await hub.answer(createServer, async () => {
    isAsked = true;
    await held;
    throw new Refusal('server.quota', 'No.');
  });
  const leaving = new AbortController();
  const gone = fetch(`${hub.url}/api/servers`, { method: 'POST', signal: leaving.signal, body: '{"name":"a"}', headers: { 'content-type': 'application/json', authorization: `Bearer ${await hub.tokenFor([{ projectId: PROJECT, role: 'operator' }])}` } });
  await eventually(() => expect(isAsked).toBe(true));
  leaving.abort();
  await expect(gone).rejects.toThrow();
  answer();
  expect(await told(hub, 1)).toMatchObject([{ action: 'POST /api/servers', outcome: 'refused', code: 'server.quota' }]);
});
