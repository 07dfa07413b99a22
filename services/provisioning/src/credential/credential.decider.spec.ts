import { CloudId, ProjectId } from '@citrus/contracts';
import { specFor } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentialDecider, UNAUTHORIZED, type CredentialCommand, type CredentialState } from './credential.decider.ts';
import type { CredentialEvent } from './credential.events.ts';

const { given } = specFor(credentialDecider);
const credentialId = CloudId.parse('0198c0de-0000-7000-8000-000000000001');
const projectId = ProjectId.parse('0198c0de-0000-7000-8000-00000000000a');
const [first, second] = ['0198c0de-0000-7000-8000-0000000000f1', '0198c0de-0000-7000-8000-0000000000f2'];
const at = '2026-11-21T10:00:00.000Z';
const later = '2026-11-21T11:00:00.000Z';
const account = { account: 'ada@example.com', machineLimit: 25 };
const data = { credentialId, projectId, name: 'ours', kind: 'digitalocean' as const, tokenId: first, tokenEnd: 'abcd', ...account };
const bad = { code: UNAUTHORIZED, reason: 'The cloud does not accept the token.' };

const added: CredentialEvent = { type: 'CredentialAdded', data: { ...data, at } };
const rotated: CredentialEvent = { type: 'CredentialRotated', data: { credentialId, tokenId: second, tokenEnd: 'wxyz', replaces: first, ...account, at: later } };
const refused: CredentialEvent = { type: 'CredentialRefused', data: { credentialId, tokenId: first, reason: 'no', at } };
const begun: CredentialEvent = { type: 'CredentialRemovalBegun', data: { credentialId, at } };
const removed: CredentialEvent = { type: 'CredentialRemoved', data: { credentialId, tokenId: first, at } };

const add = (over: object = {}): CredentialCommand => ({ type: 'AddCredential', at, data: { ...data, ...over } });
const rotate: CredentialCommand = { type: 'RotateToken', at: later, data: { credentialId, tokenId: second, tokenEnd: 'wxyz', ...account } };
const refuse = (tokenId = first): CredentialCommand => ({ type: 'RefuseToken', at, data: { credentialId, tokenId, reason: 'no' } });
const record = (tokenId = first, problem?: typeof bad): CredentialCommand => ({ type: 'RecordTest', at: later, data: { credentialId, tokenId, ...account, ...(problem && { problem }) } });
const [begin, finish] = [{ type: 'BeginRemoval', at, data: { credentialId } }, { type: 'FinishRemoval', at, data: { credentialId } }] as const;
const stop = { type: 'StopRemoval', at, data: { credentialId, servers: 2 } } as const;

describe('a cloud credential', () => {
  test('is added once', () => given().when(add()).then(added));
  test('is not another one under the same id, nor one that is gone', () => {
    given(added).when(add({ name: 'theirs' })).refuses('cloud.exists');
    given(added).when(add({ kind: 'hetzner' })).refuses('cloud.exists');
    given(added).when(add({ projectId: credentialId })).refuses('cloud.exists');
    given(added).when(add({ baseUrl: 'http://10.0.0.1' })).refuses('cloud.exists');
    given(added, begun, removed).when(add()).refuses('cloud.exists');
  });
  test('says which token a new one replaces', () => given(added).when(rotate).then(rotated));
  test('is refused once, and only by the token that counts', () => {
    given(added).when(refuse()).then(refused);
    given(added, rotated).when(refuse()).then();
    given(added, begun, removed).when(refuse()).then();
  });
  test('that was refused is good again with another token, or when the cloud has thought better of it', () => {
    expect(given(added, refused).state()).toMatchObject({ refused: { reason: 'no' }, goodSince: null });
    expect(given(added, refused, rotated).state()).toMatchObject({ tokenId: second, refused: null, goodSince: later });
    given(added, refused).when(record()).then({ type: 'CredentialTested', data: { credentialId, tokenId: first, ...account, at: later } });
    expect(given(added, refused, { type: 'CredentialTested', data: { credentialId, tokenId: first, ...account, at: later } }).state()).toMatchObject({ refused: null, goodSince: later });
  });
  test('that a test finds refused is marked; what else is wrong with it stops nobody', () => {
    const told = (problem: typeof bad): CredentialEvent => ({ type: 'CredentialTested', data: { credentialId, tokenId: first, account: null, machineLimit: null, problem, at: later } });
    expect(given(added, told(bad)).state()).toMatchObject({ refused: { reason: bad.reason } });
    expect(given(added, told({ code: 'cloud.forbidden', reason: 'no scope' })).state()).toMatchObject({ refused: null });
  });
  test('is not told of tests of a token that was replaced meanwhile', () => given(added, rotated).when(record(first, bad)).then());
  test('is removed in two steps, or stays', () => {
    given(added).when(begin).then(begun);
    given(added, begun).when(finish).then(removed);
    given(added, begun).when(stop).then({ type: 'CredentialRemovalStopped', data: { credentialId, servers: 2, at } });
    given(added).when(finish).then();
    given(added, begun).when(rotate).refuses('cloud.being_removed');
    given(added, begun, removed).when(begin).then();
    expect(() => credentialDecider.decide(rotate, given(added, begun, removed).state())).toThrow('no such cloud');
    expect(() => credentialDecider.decide(begin, { status: 'none' })).toThrow('no such cloud');
  });
});

describe('whatever is asked, in whatever order', () => {
  const commands = fc.array(fc.constantFrom<CredentialCommand>(add(), rotate, refuse(), refuse(second), record(), record(second, bad), begin, finish, stop), { maxLength: 30 });
  const run = (all: readonly CredentialCommand[]): { events: CredentialEvent[]; state: CredentialState } => {
    const events: CredentialEvent[] = [];
    let state = credentialDecider.initialState;
    for (const command of all) {
      try {
        const made = credentialDecider.decide(command, state);
        events.push(...made);
        state = made.reduce(credentialDecider.evolve, state);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^cloud\./) });
      }
    }
    return { events, state };
  };

  test('exactly one token counts until the end, every other one was said to be replaced, and none comes back', () => {
    fc.assert(fc.property(commands, (all) => {
      const { events, state } = run(all);
      const brought = events.flatMap((event) => (event.type === 'CredentialAdded' || event.type === 'CredentialRotated' ? [event.data.tokenId] : []));
      const ended = events.flatMap((event) => (event.type === 'CredentialRotated' ? [event.data.replaces] : event.type === 'CredentialRemoved' ? [event.data.tokenId] : []));
      const counting = state.status === 'there' || state.status === 'removing' ? [state.tokenId] : [];
      expect([...ended, ...counting].toSorted()).toEqual(brought.toSorted());
      if (state.status === 'removed') expect(events.at(-1)?.type).toBe('CredentialRemoved');
    }));
  });
  test('nobody is told twice in a row that a token is refused', () => {
    fc.assert(fc.property(commands, (all) => {
      let isRefused = false;
      for (const event of run(all).events) {
        if (event.type === 'CredentialRefused') {
          expect(isRefused).toBe(false);
          isRefused = true;
        } else if (event.type === 'CredentialRotated' || (event.type === 'CredentialTested' && !event.data.problem)) isRefused = false;
      }
    }));
  });
});
