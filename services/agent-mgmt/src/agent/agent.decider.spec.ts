import { AgentId, ProjectId, ServerId, type AgentConnected } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { agentDecider, type AgentCommand } from './agent.decider.ts';
import type { AgentEvent } from './agent.events.ts';

const { given } = specFor(agentDecider);
const ids = { agentId: AgentId.parse('agent-0198c2a0'), serverId: ServerId.parse('0198c2a0-0000-7000-8000-000000000002') };
const projectId = ProjectId.parse('0198c2a0-0000-7000-8000-000000000003');
const at = '2026-11-21T10:00:00.000Z';
const facts: AgentConnected['facts'] = { hostname: 'web-1', os: 'Debian 12', arch: 'x64', kernel: '6.1', cpus: 1, memoryBytes: 512, addresses: ['10.0.0.2'], systemd: true, agentVersion: '1.0.0', nodeVersion: '24' };

const registered = (attempt: number, boxKey = 'key-1'): AgentEvent => ({ type: 'AgentRegistered', data: { ...ids, projectId, boxKey, nkey: 'U', attempt, at } });
const connected: AgentEvent = { type: 'AgentConnected', data: { ...ids, projectId, facts, at } };
const retired: AgentEvent = { type: 'AgentRetired', data: { ...ids, at } };
const register = (attempt: number, boxKey = 'key-1'): AgentCommand => ({ type: 'RegisterAgent', data: { ...ids, projectId, boxKey, nkey: 'U', attempt, at } });
const nothing: AgentEvent[] = [];
const hello: AgentCommand = { type: 'RecordHello', data: { facts, at } };

describe('an enrolment', () => {
  test('registers the agent', () => given().when(register(1)).then(registered(1)));
  test('that comes again changes nothing', () => given(registered(1), connected).when(register(1)).then(...nothing));
  test('with a later attempt brings new keys, and a first hello again', () => {
    given(registered(1), connected).when(register(2, 'key-2')).then(registered(2, 'key-2'));
    given(registered(1), connected, registered(2, 'key-2')).when(hello).then(connected);
  });
  test('with other keys is the one of a rebuilt server, whose first hello counts again', () => {
    const rebuilt = { ...registered(1).data, nkey: 'V', boxKey: 'key-2' } as Extract<AgentCommand, { type: 'RegisterAgent' }>['data'];
    const anew: AgentEvent = { type: 'AgentRegistered', data: rebuilt };
    given(registered(1), connected).when({ type: 'RegisterAgent', data: rebuilt }).then(anew);
    given(registered(1), connected, anew).when(hello).then(connected);
    given(registered(2), connected).when({ type: 'RegisterAgent', data: rebuilt }).then(...nothing);
  });
  test('with an older attempt is ignored', () => given(registered(2)).when(register(1)).then(...nothing));
  test('of a retired agent is ignored', () => given(registered(1), retired).when(register(2)).then(...nothing));
});

describe('a hello', () => {
  test('of an agent that is not known yet is to be repeated', () => expect(() => agentDecider.decide(hello, agentDecider.initialState)).toThrow(Unavailable));
  test('connects the agent', () => given(registered(1)).when(hello).then(connected));
  test('connects it once', () => given(registered(1), connected).when(hello).then(...nothing));
  test('with other facts is noted', () => {
    const changed = { ...facts, kernel: '6.12' };
    given(registered(1), connected).when({ type: 'RecordHello', data: { facts: changed, at } }).then({ type: 'AgentFactsChanged', data: { ...ids, facts: changed, at } });
  });
  test('with other facts each time fills no log', () => {
    const told = Array.from({ length: 10 }, (_, n): AgentEvent => ({ type: 'AgentFactsChanged', data: { ...ids, facts: { ...facts, kernel: `${n}` }, at } }));
    const again = (when: string): AgentCommand => ({ type: 'RecordHello', data: { facts, at: when } });
    given(registered(1), connected, ...told).when(again('2026-11-21T10:00:59.999Z')).then(...nothing);
    given(registered(1), connected, ...told).when(again('2026-11-21T10:01:00.000Z')).then({ type: 'AgentFactsChanged', data: { ...ids, facts, at: '2026-11-21T10:01:00.000Z' } });
  });
  test('of a retired agent says nothing new', () => given(registered(1), retired).when(hello).then(...nothing));
});

describe('a deleted server', () => {
  test('retires its agent', () => given(registered(1), connected).when({ type: 'RetireAgent', data: { at } }).then(retired));
  test('retires it once', () => given(registered(1), retired).when({ type: 'RetireAgent', data: { at } }).then(...nothing));
});
