import { AgentId, Digest, ProjectId, ServerId, type AgentBuild, type Facts } from '@citrus/contracts';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { agentDecider, type AgentCommand } from '../agent/agent.decider.ts';
import type { AgentEvent } from '../agent/agent.events.ts';
import { updateOf } from './about-agent.ts';

const { given } = specFor(agentDecider);
const ids = { agentId: AgentId.parse('agent-0198c2a0'), serverId: ServerId.parse('0198c2a0-0000-7000-8000-000000000002') };
const projectId = ProjectId.parse('0198c2a0-0000-7000-8000-000000000003');
const at = '2026-11-22T10:00:00.000Z';
const digest = (character: string) => Digest.parse(`sha256:${character.repeat(64)}`);
const build: AgentBuild = { version: '2.0.0', agentDigest: digest('a'), runtimes: { x64: { version: '24.21.0', digest: digest('b') } } };
const facts: Facts = { hostname: 'web-1', os: 'Debian 13', arch: 'x64', kernel: '6.1', cpus: 1, memoryBytes: 512, addresses: [], systemd: true, agentVersion: '1.0.0', nodeVersion: 'v24.21.0', agentDigest: digest('0') };
const { agentDigest: _, ...oldFacts } = facts;
const wave = { waveId: '0198c2a0-0000-7000-8000-000000000005', place: 0, atOnce: 1, maxFailures: 0 };
const [one, other] = ['0198c2a0-0000-7000-8000-000000000006', '0198c2a0-0000-7000-8000-000000000007'];

const registered: AgentEvent = { type: 'AgentRegistered', data: { ...ids, projectId, boxKey: 'k', nkey: 'U', attempt: 1, at } };
const rebuilt: AgentEvent = { type: 'AgentRegistered', data: { ...ids, projectId, boxKey: 'k', nkey: 'V', attempt: 2, at } };
const connected = (of: Facts = facts): AgentEvent => ({ type: 'AgentConnected', data: { ...ids, projectId, facts: of, at } });
const ask = (upgradeId = one): AgentCommand => ({ type: 'AskForUpgrade', data: { upgradeId, build, allowDowngrade: false, wave, at } });
const requested = { type: 'AgentUpgradeRequested' as const, data: { ...ids, upgradeId: one, build, allowDowngrade: false, wave, at } } satisfies AgentEvent;
const begun: AgentEvent = { type: 'AgentUpgradeBegun', data: { ...ids, upgradeId: one, deadline: at, at } };
const upgraded: AgentEvent = { type: 'AgentUpgraded', data: { ...ids, upgradeId: one, version: '2.0.0', at } };
const failed: AgentEvent = { type: 'AgentUpgradeFailed', data: { ...ids, upgradeId: one, code: 'c', reason: 'r', isReverted: true, at } };
const begin: AgentCommand = { type: 'BeginUpgrade', data: { upgradeId: one, deadline: at, at } };
const succeed: AgentCommand = { type: 'RecordUpgraded', data: { upgradeId: one, at } };
const fail: AgentCommand = { type: 'FailUpgrade', data: { upgradeId: one, code: 'c', reason: 'r', isReverted: true, at } };
const nothing: AgentEvent[] = [];

describe('an upgrade', () => {
  test('is asked for, begun, and ends once', () => {
    given(registered, connected()).when(ask()).then(requested);
    given(registered, connected(), requested).when(ask()).then(...nothing);
    given(registered, connected(), requested).when(begin).then(begun);
    given(registered, connected(), requested, begun).when(begin).then(...nothing);
    given(registered, connected(), requested, begun).when(succeed).then(upgraded);
    given(registered, connected(), requested, begun).when(fail).then(failed);
    for (const ending of [upgraded, failed]) for (const late of [begin, succeed, fail]) given(registered, connected(), requested, begun, ending).when(late).then(...nothing);
  });
  test('is refused while another is under way, and may be asked for again afterwards', () => {
    given(registered, connected(), requested).when(ask(other)).refuses('upgrade.under_way');
    given(registered, connected(), requested, failed).when(ask(other)).then({ type: 'AgentUpgradeRequested', data: { ...requested.data, upgradeId: other } });
  });
  test('is refused where it cannot be or need not be', () => {
    given(registered).when(ask()).refuses('upgrade.not_connected');
    given(registered, connected(oldFacts)).when(ask()).refuses('upgrade.unsupported');
    given(registered, connected({ ...facts, agentDigest: digest('a') })).when(ask()).refuses('upgrade.not_needed');
  });
  test('of a machine that is made anew is over, and its labels stay', () => {
    const labelled: AgentEvent = { type: 'AgentLabelled', data: { ...ids, labels: { env: 'prod' }, at } };
    given(registered, connected(), requested, labelled, rebuilt).when(succeed).then(...nothing);
    given(registered, labelled, rebuilt).when({ type: 'LabelAgent', data: { set: { env: 'prod' }, remove: [], at } }).then(...nothing);
    given(registered, labelled, rebuilt).when({ type: 'LabelAgent', data: { set: {}, remove: ['env'], at } }).then({ type: 'AgentLabelled', data: { ...ids, labels: {}, at } });
  });
});

test('what is there is compared with what is offered', () => {
  expect([updateOf(null, build), updateOf(facts, undefined), updateOf(oldFacts, build), updateOf(facts, build)]).toEqual(['unknown', 'unknown', 'by-hand', 'available']);
  expect(updateOf({ ...facts, agentDigest: digest('a') }, build)).toBe('none');
  expect(updateOf({ ...facts, agentDigest: digest('a'), nodeVersion: 'v22.0.0' }, build), 'another runtime').toBe('available');
});
