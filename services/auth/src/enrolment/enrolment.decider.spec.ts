import { AgentId, ProjectId, ServerId, type AgentKeys } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { checkRenewal, enrolmentDecider, type EnrolmentCommand } from './enrolment.decider.ts';
import type { EnrolmentEvent } from './enrolment.events.ts';

const { given } = specFor(enrolmentDecider, { again: { RedeemEnrolment: ['gives nothing', 'refuses enrolment.used'] } });
const serverId = ServerId.parse('0198c0de-0000-7000-8000-000000000001');
const projectId = ProjectId.parse('0198c0de-0000-7000-8000-000000000002');
const agentId = AgentId.parse('agent-0001');
const keys: AgentKeys = { nkey: `U${'A'.repeat(55)}`, boxKey: 'b'.repeat(43) };
const otherKeys: AgentKeys = { nkey: `U${'B'.repeat(55)}`, boxKey: 'b'.repeat(43) };
const data = { serverId, projectId, agentId, attempt: 1, tokenHash: 'hash-1', expiresAt: '2026-11-21T11:00:00.000Z' };
const second = { ...data, agentId: AgentId.parse('agent-0002'), attempt: 2, tokenHash: 'hash-2' };

const issued = (of = data): EnrolmentEvent => ({ type: 'EnrolmentIssued', data: of });
const enrolled: EnrolmentEvent = { type: 'AgentEnrolled', data: { agentId, serverId, projectId, attempt: 1, keys } };
const refused = (nkey = otherKeys.nkey): EnrolmentEvent => ({ type: 'EnrolmentRefused', data: { serverId, projectId, agentId, attempt: 1, nkey, address: '10.0.0.1' } });
const issue = (of = data): EnrolmentCommand => ({ type: 'IssueEnrolment', data: of });
const redeem = (more: { tokenHash?: string; keys?: AgentKeys; at?: string } = {}): EnrolmentCommand =>
  ({ type: 'RedeemEnrolment', data: { tokenHash: more.tokenHash ?? 'hash-1', keys: more.keys ?? keys, address: '10.0.0.1' }, at: more.at ?? '2026-11-21T10:00:00.000Z' });

describe('a token', () => {
  test('is issued', () => given().when(issue()).then(issued()));
  test('is issued once for an attempt', () => given(issued()).when(issue()).then());
  test('lives longer when it is asked for again, and never shorter', () => {
    const later = { ...data, expiresAt: '2026-11-21T12:00:00.000Z' };
    given(issued()).when(issue(later)).then(issued(later));
    given(issued(later)).when(issue()).then();
  });
  test('of a newer attempt follows the older one', () => given(issued(), enrolled).when(issue(second)).then(issued(second)));
  test('of an older attempt is not issued any more', () => given(issued(second)).when(issue()).refuses('enrolment.superseded'));
  test('of an attempt belongs to one agent', () => given(issued()).when(issue({ ...data, agentId: second.agentId })).refuses('enrolment.conflict'));
});

describe('an agent', () => {
  test('enrols', () => given(issued()).when(redeem()).then(enrolled));
  test('gets the same answer again with the same keys, also when the token has expired since', () => given(issued(), enrolled).when(redeem({ at: '2027-01-01T00:00:00.000Z' })).then());
  test('with other keys is refused, and it is put down', () => given(issued(), enrolled).when(redeem({ keys: otherKeys })).then(refused()));
  test('with another box key is another one', () => given(issued(), enrolled).when(redeem({ keys: { ...keys, boxKey: 'c'.repeat(43) } })).then(refused(keys.nkey)));
  test('with other keys is put down once', () => given(issued(), enrolled, refused()).when(redeem({ keys: otherKeys })).refuses('enrolment.used'));
  test('with ever other keys does not fill the log', () => {
    const past = ['C', 'D', 'E', 'F', 'G'].map((letter) => refused(`U${letter.repeat(55)}`));
    given(issued(), enrolled, ...past).when(redeem({ keys: otherKeys })).refuses('enrolment.used');
  });
  test('does not enrol with a token that expired', () => given(issued()).when(redeem({ at: '2026-11-21T11:00:00.000Z' })).refuses('enrolment.expired'));
  test('does not enrol with an unknown token', () => given(issued()).when(redeem({ tokenHash: 'other' })).refuses('enrolment.unknown_token'));
  test('does not enrol where nothing was issued', () => given().when(redeem()).refuses('enrolment.unknown_token'));
  test('does not enrol with the token of an attempt that is over', () => given(issued(), enrolled, issued(second)).when(redeem()).refuses('enrolment.unknown_token'));
});

describe('a renewal', () => {
  const renewal = (past: EnrolmentEvent[], { nkey, id = agentId }: { nkey: string; id?: string }) => () => checkRenewal(fold(enrolmentDecider, past), { agentId: id, nkey });
  const { nkey } = keys;

  test('is granted to the enrolled key', () => expect(renewal([issued(), enrolled], { nkey })()).toMatchObject({ agentId, serverId }));
  test('is granted after somebody else was refused', () => expect(renewal([issued(), enrolled, refused()], { nkey })()).toMatchObject({ agentId }));
  test('is refused to another key', () => expect(renewal([issued(), enrolled], { nkey: otherKeys.nkey })).toThrow(expect.objectContaining({ code: 'agent.other_key' })));
  test('is refused once a newer attempt was issued', () => expect(renewal([issued(), enrolled, issued(second)], { nkey })).toThrow(expect.objectContaining({ code: 'agent.superseded' })));
  test('is refused to another agent of the same server', () => expect(renewal([issued(), enrolled], { nkey, id: 'agent-0002' })).toThrow(expect.objectContaining({ code: 'agent.superseded' })));
  test('is refused before the agent enrolled', () => expect(renewal([], { nkey })).toThrow(expect.objectContaining({ code: 'agent.unknown' })));
});
