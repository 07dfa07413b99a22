import { specFor } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { installationDecider, type InstallationCommand } from './installation.decider.ts';
import type { InstallationEvent } from './installation.events.ts';

const { given } = specFor(installationDecider);
const [ada, bob] = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002'];
const projectId = '0198c0de-0000-7000-8000-00000000000a';
const granted = (userId: string): InstallationEvent => ({ type: 'AdministratorGranted', data: { userId } });
const revoked = (userId: string): InstallationEvent => ({ type: 'AdministratorRevoked', data: { userId, reason: 'revoked' } });
const claimed: InstallationEvent = { type: 'InstallationClaimed', data: { userId: ada, projectId } };
const grant = (userId: string): InstallationCommand => ({ type: 'GrantAdministrator', data: { userId } });
const revoke = (userId: string): InstallationCommand => ({ type: 'RevokeAdministrator', data: { userId, reason: 'revoked' } });
const ensure = (userId: string): InstallationCommand => ({ type: 'EnsureAdministrator', data: { userId } });
const claim = (userId: string): InstallationCommand => ({ type: 'Claim', data: { userId, projectId } });

describe('an installation', () => {
  test('has administrators, each once', () => {
    given(granted(ada)).when(grant(bob)).then(granted(bob));
    given(granted(ada)).when(grant(ada)).then();
  });
  test('loses one while there is another', () => {
    given(granted(ada), granted(bob)).when(revoke(ada)).then(revoked(ada));
    given(granted(ada)).when(revoke(bob)).then();
  });
  test('keeps its last one', () => {
    given(granted(ada)).when(revoke(ada)).refuses('administrator.last');
    given(granted(ada), granted(bob), revoked(bob)).when(revoke(ada)).refuses('administrator.last');
  });
  test('gets a first one, where there is none yet', () => {
    given().when(ensure(ada)).then(granted(ada));
    given(granted(bob)).when(ensure(ada)).then();
  });
  test('is claimed once; the same person may ask again', () => {
    given().when(claim(ada)).then(claimed, granted(ada));
    given(claimed, granted(ada), granted(bob), revoked(ada)).when(claim(ada)).then();
    given(claimed, granted(ada)).when(claim(bob)).refuses('installation.claimed');
    given(granted(bob)).when(claim(ada)).refuses('installation.claimed');
  });

  test('asks everybody for a second factor, or nobody; another grace counts from the same beginning', () => {
    const [first, later] = ['2026-11-21T10:00:00.000Z', '2026-11-22T10:00:00.000Z'];
    const required = (at: string, graceDays: number): InstallationEvent => ({ type: 'SecondFactorRequired', data: { at, graceDays } });
    const ask = (at: string, graceDays: number): InstallationCommand => ({ type: 'RequireSecondFactor', data: { at, graceDays } });
    const stop: InstallationCommand = { type: 'MakeSecondFactorOptional', data: { at: later } };
    const optional: InstallationEvent = { type: 'SecondFactorMadeOptional', data: { at: later } };
    given(granted(ada)).when(ask(first, 7)).then(required(first, 7));
    given(granted(ada), required(first, 7)).when(ask(later, 7)).then();
    given(granted(ada), required(first, 7)).when(ask(later, 0)).then(required(first, 0));
    given(granted(ada)).when(stop).then();
    given(granted(ada), required(first, 7)).when(stop).then(optional);
    given(granted(ada), required(first, 7), optional).when(ask(later, 7)).then(required(later, 7));
  });

  test('never is without an administrator again, whatever is asked', () => {
    const anybody = fc.constantFrom(ada, bob, '0198c0de-0000-7000-8000-000000000003');
    const command = fc.tuple(fc.constantFrom(grant, revoke, ensure, claim), anybody).map(([make, userId]) => make(userId));
    fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let state = installationDecider.initialState;
      for (const each of commands) {
        const before = state.administrators;
        try {
          state = installationDecider.decide(each, state).reduce(installationDecider.evolve, state);
        } catch {
          continue;
        }
        expect(new Set(state.administrators).size).toBe(state.administrators.length);
        if (before.length > 0) expect(state.administrators.length).toBeGreaterThan(0);
      }
    }));
  });
});
