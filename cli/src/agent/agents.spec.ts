import { expect, test } from 'vitest';
import type { Api } from '../api/api.ts';
import type { Call } from '../api/http.ts';
import type { Terminal } from '../output/terminal.ts';
import { labelAgent, listAgents, parseLabels, showAgent, upgradeAgents } from './agents.ts';

const ID = '44444444-4444-4444-8444-444444444444';
const AT = '2026-11-21T09:00:00.000Z';
const server = { id: ID, projectId: ID, name: 'web-7', status: 'active', provider: 'none', region: 'none', size: 'none', image: 'none', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, createdAt: AT, updatedAt: AT };
const facts = { hostname: 'web', os: 'Debian 13', arch: 'x64', kernel: '6.12', cpus: 1, memoryBytes: 1, addresses: [], systemd: true, agentVersion: '0.1.0', nodeVersion: 'v24.21.0' };
const upgrade = { upgradeId: ID, waveId: ID, status: 'failed', version: '0.2.0', code: 'upgrade.reverted', reason: '\u001b[2Jno answer', isReverted: true, at: AT };
const agent = { id: 'agent-44444444', serverId: ID, projectId: ID, connectedAt: AT, facts, updatedAt: AT, labels: { env: 'prod', canary: '' }, upgrade, update: 'available', online: true, lastSeenAt: AT };

const stage = () => {
  const [sent, out]: [Call[], string[]] = [[], []];
  const replies: Readonly<Record<string, unknown>> = {
    '/api/servers': { items: [server], nextCursor: null }, '/api/agents': { items: [agent], nextCursor: null }, '/api/agents/labels': { ...agent, labels: { env: 'test' } },
    '/api/agents/upgrade': { waveId: ID, version: '0.2.0', agents: [{ serverId: ID, outcome: 'refused', reason: 'too old' }] },
  };
  const api = {
    json: async (call: Call, reply: { parse: (value: unknown) => unknown }) => {
      if (call.method) sent.push(call);
      return reply.parse(replies[call.path]);
    },
  } as unknown as Api;
  const terminal = { out: async (line: string) => void out.push(line), note: () => undefined, columns: undefined, style: (_: unknown, text: string) => text, isInteractive: false } as unknown as Terminal;
  return { parts: { api, terminal }, sent, out };
};

test('lists agents by the names of their servers', async () => {
  const { parts, out } = stage();
  await listAgents({}, parts);
  expect(out.join('\n')).toMatch(/web-7 +agent-44444444 +0\.1\.0 +update available +yes +2026-11-21 09:00 UTC +Debian 13 +env=prod canary/);
});

test('shows one, its last upgrade too, and nothing that a terminal obeys', async () => {
  const { parts, out } = stage();
  await showAgent('web-7', {}, parts);
  expect(out.join('\n')).toContain('upgrade to 0.2.0 was taken back: \\u001b[2Jno answer');
  await expect(showAgent('web-8', {}, parts)).rejects.toMatchObject({ code: 'agent.unknown' });
});

test('upgrades what a filter means only when that is meant', async () => {
  const { parts, sent, out } = stage();
  await expect(upgradeAgents('tag:web', {}, parts)).rejects.toMatchObject({ exit: 2 });
  await expect(upgradeAgents('tag:web', { yes: true, atOnce: 'all' }, parts)).rejects.toMatchObject({ exit: 2 });
  expect(sent).toEqual([]);
  await upgradeAgents('tag:web', { yes: true, atOnce: '5', maxFailures: '2' }, parts);
  expect(sent).toMatchObject([{ path: '/api/agents/upgrade', body: { filter: 'tag:web', atOnce: 5, maxFailures: 2 } }]);
  expect(out.join('\n')).toMatch(/web-7 +cannot +too old/);
});

test('puts labels on and takes them off', async () => {
  const { parts, sent, out } = stage();
  await labelAgent('web-7', ['env=test', 'canary-'], {}, parts);
  expect(sent).toMatchObject([{ body: { serverId: ID, set: { env: 'test' }, remove: ['canary'] } }]);
  expect(out).toEqual(['web-7: env=test']);
  expect(parseLabels(['a', 'b=', 'c=d-e', 'f-'])).toEqual({ set: { a: '', b: '', c: 'd-e' }, remove: ['f'] });
  expect(() => parseLabels(['a b'])).toThrow('that is no label');
});
