import { newId } from '@citrus/kit-event-store';
import { expect } from 'vitest';
import { test } from '../auth-service.fixture.ts';
import { enrol, projectId, redeem, withProvisioningLog } from './provisioning-log.fixture.ts';

test('T864. the agent of a rebuilt server comes with the same token and new keys; the one that was there is out for ever', { timeout: 60_000 }, ({ auth }) => withProvisioningLog(auth, async (store) => {
  const before = await enrol(auth);
  const connect = ({ user, jwt }: Pick<typeof before, 'user' | 'jwt'>) => auth.trusted.signInAgent(before.agentId, { user, jwt, byTcp: true });
  const connection = await connect(before);
  await expect(redeem(auth, before.token)).rejects.toMatchObject({ code: 'enrolment.used' });
  const at = new Date().toISOString();
  const data = { serverId: before.serverId, attempt: 1, because: 'rebuild', endsAt: new Date(Date.now() + 600_000).toISOString(), at };
  await store.append({ stream: `server-${before.serverId}`, expected: 'none', events: [{ type: 'ReenrolOpened', data }], context: { commandId: newId(), actor: { kind: 'service', id: 'provisioning' }, projectId, correlationId: 'c' } });
  await connection.closed();
  await expect(connect(before)).rejects.toThrow(/authorization/i);
  const after = await redeem(auth, before.token);
  expect((await connect(after)).isClosed()).toBe(false);
  // The window lets one in.
  await expect(redeem(auth, before.token)).rejects.toMatchObject({ code: 'enrolment.used' });
}));
