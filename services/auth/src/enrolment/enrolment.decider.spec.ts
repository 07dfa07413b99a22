import { AgentId, ProjectId, ServerId, type AgentKeys } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { checkRenewal, enrolmentDecider, type EnrolmentCommand } from './enrolment.decider.ts';
import type { EnrolmentEvent } from './enrolment.events.ts';

const { given } = specFor(enrolmentDecider, { again: { RedeemEnrolment: ['gives nothing', 'refuses enrolment.used'] } });
const AT = '2026-11-21T10:00:00.000Z';
const LATER = '2026-11-21T10:59:59.000Z';
const NEXT_HOUR = '2026-11-21T11:00:00.000Z';
const serverId = ServerId.parse('0198c0de-0000-7000-8000-000000000001');
const projectId = ProjectId.parse('0198c0de-0000-7000-8000-000000000002');
const agentId = AgentId.parse('agent-0001');
const keys: AgentKeys = { nkey: `U${'A'.repeat(55)}`, boxKey: 'b'.repeat(43) };
const otherKeys: AgentKeys = { nkey: `U${'B'.repeat(55)}`, boxKey: 'b'.repeat(43) };
const data = { serverId, projectId, agentId, attempt: 1, tokenHash: 'hash-1', expiresAt: '2026-11-21T11:00:00.000Z' };
const second = { ...data, agentId: AgentId.parse('agent-0002'), attempt: 2, tokenHash: 'hash-2' };

const issued = (of = data): EnrolmentEvent => ({ type: 'EnrolmentIssued', data: of });
const enrolled: EnrolmentEvent = { type: 'AgentEnrolled', data: { agentId, serverId, projectId, attempt: 1, keys } };
const refused = (nkey = otherKeys.nkey, at = AT): EnrolmentEvent => ({ type: 'EnrolmentRefused', data: { serverId, projectId, agentId, attempt: 1, nkey, address: '10.0.0.1', at } });
const revoked = (reason = 'stolen', at = AT): EnrolmentEvent => ({ type: 'AgentRevoked', data: { agentId, serverId, projectId, nkey: keys.nkey, at, reason } });
const withdrawn: EnrolmentEvent = { type: 'EnrolmentWithdrawn', data: { serverId, projectId, agentId, attempt: 1, at: AT, reason: 'gone' } };
const sessions = [{ address: '10.0.0.1', since: AT }, { address: '10.0.0.2', since: AT }];
const cloned = (at = AT): EnrolmentEvent => ({ type: 'AgentCloneSuspected', data: { agentId, serverId, projectId, nkey: keys.nkey, at, sessions } });
const revoke = (id = agentId): EnrolmentCommand => ({ type: 'RevokeAgent', data: { agentId: id, reason: 'stolen' }, at: AT });
const close: EnrolmentCommand = { type: 'CloseEnrolment', data: { reason: 'gone' }, at: AT };
const report = (at = AT, nkey = keys.nkey): EnrolmentCommand => ({ type: 'ReportClone', data: { nkey, sessions }, at });
const issue = (of = data): EnrolmentCommand => ({ type: 'IssueEnrolment', data: of, at: AT });
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
  test('of a newer attempt follows the older one, whose key it revokes', () => given(issued(), enrolled).when(issue(second)).then(revoked('attempt 2 at this server follows'), issued(second)));
  test('of a newer attempt revokes nothing where nobody had enrolled, or was revoked before', () => {
    given(issued()).when(issue(second)).then(issued(second));
    given(issued(), enrolled, revoked()).when(issue(second)).then(issued(second));
  });
  test('that was ended is not issued again for the same attempt', () => {
    given(issued(), withdrawn).when(issue()).refuses('enrolment.closed');
    given(issued(), enrolled, revoked()).when(issue()).refuses('enrolment.closed');
  });
  test('that was withdrawn is good for nothing', () => given(issued(), withdrawn).when(redeem()).refuses('enrolment.unknown_token'));
  test('of an older attempt is not issued any more', () => given(issued(second)).when(issue()).refuses('enrolment.superseded'));
  test('of an attempt belongs to one agent', () => given(issued()).when(issue({ ...data, agentId: second.agentId })).refuses('enrolment.conflict'));
});

describe('an agent', () => {
  test('enrols', () => given(issued()).when(redeem()).then(enrolled));
  test('gets the same answer again with the same keys, also when the token has expired since', () => given(issued(), enrolled).when(redeem({ at: '2027-01-01T00:00:00.000Z' })).then());
  test('with other keys is refused, and it is put down', () => given(issued(), enrolled).when(redeem({ keys: otherKeys })).then(refused()));
  test('with another box key is another one', () => given(issued(), enrolled).when(redeem({ keys: { ...keys, boxKey: 'c'.repeat(43) } })).then(refused(keys.nkey)));
  test('with other keys is put down once', () => given(issued(), enrolled, refused()).when(redeem({ keys: otherKeys })).refuses('enrolment.used'));
  test('with ever other keys is put down once an hour', () => {
    const third = { ...keys, nkey: `U${'C'.repeat(55)}` };
    given(issued(), enrolled, refused()).when(redeem({ keys: third, at: LATER })).refuses('enrolment.used');
    given(issued(), enrolled, refused()).when(redeem({ keys: third, at: NEXT_HOUR })).then(refused(third.nkey, NEXT_HOUR));
  });
  test('does not enrol with a token that expired', () => given(issued()).when(redeem({ at: '2026-11-21T11:00:00.000Z' })).refuses('enrolment.expired'));
  test('does not enrol with an unknown token', () => given(issued()).when(redeem({ tokenHash: 'other' })).refuses('enrolment.unknown_token'));
  test('does not enrol where nothing was issued', () => given().when(redeem()).refuses('enrolment.unknown_token'));
  test('does not enrol with the token of an attempt that is over', () => given(issued(), enrolled, issued(second)).when(redeem()).refuses('enrolment.unknown_token'));
});

describe('a revoked agent', () => {
  test('was enrolled, and is revoked once', () => {
    given(issued(), enrolled).when(revoke()).then(revoked());
    given(issued(), enrolled, revoked()).when(revoke()).then();
  });
  test('that had not come yet finds its token withdrawn', () => given(issued()).when(revoke()).then({ ...withdrawn, data: { ...withdrawn.data, reason: 'stolen' } }));
  test('is not the one of another attempt, nor one that never was', () => {
    given(issued(), enrolled, revoked(), issued(second)).when(revoke()).then();
    given().when(revoke()).then();
  });
  test('does not come back with its token, with the old key or another', () => {
    given(issued(), enrolled, revoked()).when(redeem()).refuses('agent.key_revoked');
    given(issued(), enrolled, revoked()).when(redeem({ keys: otherKeys })).refuses('enrolment.used');
  });
  test('does not come back with its old key and a new token; with a new key it does', () => {
    given(issued(), enrolled, revoked(), issued(second)).when(redeem({ tokenHash: 'hash-2' })).refuses('agent.key_revoked');
    given(issued(), enrolled, revoked(), issued(second)).when(redeem({ tokenHash: 'hash-2', keys: otherKeys })).then({ type: 'AgentEnrolled', data: { agentId: second.agentId, serverId, projectId, attempt: 2, keys: otherKeys } });
  });
  test('goes with its server', () => {
    given(issued(), enrolled).when(close).then(revoked('gone'));
    given(issued()).when(close).then(withdrawn);
    given(issued(), withdrawn).when(close).then();
    given().when(close).then();
  });
});

describe('a server whose disk is written anew', () => {
  const reopen = (attempt = 1, expiresAt = LATER): EnrolmentCommand => ({ type: 'ReopenEnrolment', data: { attempt, expiresAt, reason: 'rebuilt' }, at: AT });
  const armed = issued({ ...data, expiresAt: LATER });
  test('lets its new agent in with the same token, and its old one never again', () => {
    given(issued(), enrolled).when(reopen()).then(revoked('rebuilt'), armed);
    given(issued(), enrolled, revoked('rebuilt'), armed).when(redeem()).refuses('agent.key_revoked');
    given(issued(), enrolled, revoked('rebuilt'), armed).when(redeem({ keys: otherKeys })).then({ ...enrolled, data: { ...enrolled.data, keys: otherKeys } });
  });
  test('lets it in until the window ends', () => given(issued(), enrolled, revoked('rebuilt'), armed).when(redeem({ keys: otherKeys, at: NEXT_HOUR })).refuses('enrolment.expired'));
  test('does so also where the agent was revoked, or never came', () => {
    given(issued(), enrolled, revoked()).when(reopen()).then(armed);
    given(issued({ ...data, expiresAt: AT })).when(reopen()).then(armed);
    given(issued()).when(reopen()).then();
    given(issued(), withdrawn).when(reopen()).then(armed);
  });
  test('changes nothing for a later attempt, nor where nobody was ever let in', () => {
    given(issued(), issued(second)).when(reopen()).then();
    given().when(reopen()).then();
  });
});

describe('a clone', () => {
  test('is suspected once an hour', () => {
    given(issued(), enrolled).when(report()).then(cloned());
    given(issued(), enrolled, cloned()).when(report(LATER)).then();
    given(issued(), enrolled, cloned()).when(report(NEXT_HOUR)).then(cloned(NEXT_HOUR));
  });
  test('of a key that is nobody’s, or not any more, is no news', () => {
    given(issued(), enrolled).when(report(AT, otherKeys.nkey)).then();
    given(issued(), enrolled, revoked()).when(report()).then();
    given().when(report()).then();
  });
});

describe('a renewal', () => {
  const renewal = (past: EnrolmentEvent[], { nkey, id = agentId }: { nkey: string; id?: string }) => () => checkRenewal(fold(enrolmentDecider, past), { agentId: id, nkey });
  const { nkey } = keys;

  test('is granted to the enrolled key', () => expect(renewal([issued(), enrolled], { nkey })()).toMatchObject({ agentId, serverId }));
  test('is granted after somebody else was refused', () => expect(renewal([issued(), enrolled, refused()], { nkey })()).toMatchObject({ agentId }));
  test('is refused to another key', () => expect(renewal([issued(), enrolled], { nkey: otherKeys.nkey })).toThrow(expect.objectContaining({ code: 'agent.other_key' })));
  test('is refused once a newer attempt was issued', () => expect(renewal([issued(), enrolled, issued(second)], { nkey })).toThrow(expect.objectContaining({ code: 'agent.superseded' })));
  test('is refused to another agent of the same server', () => expect(renewal([issued(), enrolled], { nkey, id: 'agent-0002' })).toThrow(expect.objectContaining({ code: 'agent.superseded' })));
  test('is refused to a revoked agent', () => expect(renewal([issued(), enrolled, revoked()], { nkey })).toThrow(expect.objectContaining({ code: 'agent.revoked' })));
  test('is refused before the agent enrolled', () => expect(renewal([], { nkey })).toThrow(expect.objectContaining({ code: 'agent.unknown' })));
});
