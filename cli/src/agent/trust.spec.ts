import { expect, test } from 'vitest';
import { listTrust, revoke } from './trust.ts';
import { stageFor } from '../testing/stage.ts';

const [ID, OTHER] = ['44444444-4444-4444-8444-444444444444', '55555555-5555-4555-8555-555555555555'];
const AT = '2026-11-21T09:00:00.000Z';
const server = { id: ID, projectId: ID, name: 'web-7', status: 'active', provider: 'none', region: 'none', size: 'none', image: 'none', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, createdAt: AT, updatedAt: AT };
const trust = { agentId: 'agent-44444444', serverId: ID, projectId: ID, status: 'enrolled', enrolledAt: AT, revokedAt: null, revokeReason: null, refusedAt: null, cloneSuspectedAt: AT };
const other = { ...trust, agentId: 'agent-55555555', serverId: OTHER, status: 'revoked', revokedAt: AT, cloneSuspectedAt: null };

const stage = () => {
  const replies: Readonly<Record<string, unknown>> = { '/api/servers': { items: [server], nextCursor: null }, '/api/agents/trust': { items: [trust, other], nextCursor: null }, '/api/agents/revoke': { revoked: ['agent-44444444'] } };
  const { sent, lines: { out }, ...parts } = stageFor(({ path }) => replies[path]);
  return { parts, sent, out };
};

test('trust is told by the name of the server, with what looked odd', async () => {
  const { parts, out } = stage();
  await listTrust({}, parts);
  expect(out[0]).toContain('web-7');
  expect(out[0]).toContain('clone suspected 2026-11-21 09:00 UTC');
  expect(out[0]).toContain(OTHER);
});

test('agents are revoked by their servers’ names or ids, when it is meant', async () => {
  const { parts, sent, out } = stage();
  await expect(revoke(['web-7'], { reason: 'stolen' }, parts)).rejects.toMatchObject({ exit: 2 });
  await expect(revoke(['web-8'], { reason: 'stolen', yes: true }, parts)).rejects.toMatchObject({ code: 'agent.unknown' });
  expect(sent).toEqual([]);
  await revoke(['web-7', 'agent-55555555'], { reason: 'stolen', yes: true }, parts);
  expect(sent[0]?.body).toEqual({ agentIds: ['agent-44444444', 'agent-55555555'], reason: 'stolen' });
  expect(out).toEqual(['Revoked: agent-44444444']);
});
