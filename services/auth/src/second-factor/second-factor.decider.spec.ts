import { fold, Refusal } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secondFactorDecider, type SecondFactorCommand } from './second-factor.decider.ts';
import type { SecondFactorEvent } from './second-factor.events.ts';

const { given } = specFor(secondFactorDecider, {
  again: {
    BeginTotp: 'gives TotpBegun', ConfirmTotp: 'refuses second_factor.on', UseCode: 'refuses second_factor.wrong_code', MakeRecoveryCodes: 'refuses second_factor.wrong_code', DisableTotp: 'refuses second_factor.off',
  },
});
const userId = '0198c0de-0000-7000-8000-000000000001';
const secret = { sealed: 'key.v1.s' };
const begun: SecondFactorEvent = { type: 'TotpBegun', data: { userId, secret } };
const confirmed: SecondFactorEvent = { type: 'TotpConfirmed', data: { userId, step: 100, recoveryHashes: ['r1', 'r2'] } };
const on = [begun, confirmed];
const begin: SecondFactorCommand = { type: 'BeginTotp', data: { userId, secret } };
const confirm = (...steps: number[]): SecondFactorCommand => ({ type: 'ConfirmTotp', data: { steps, recoveryHashes: ['r1', 'r2'] } });
const use = (steps: number[], recoveryHash = 'none'): SecondFactorCommand => ({ type: 'UseCode', data: { steps, recoveryHash } });
const usedStep = (step: number): SecondFactorEvent => ({ type: 'TotpUsed', data: { userId, step } });
const usedRecovery = (recoveryHash: string): SecondFactorEvent => ({ type: 'RecoveryCodeUsed', data: { userId, recoveryHash } });

describe('a second factor', () => {
  test('is on once a code of the app was seen', () => {
    given().when(begin).then(begun);
    given(begun).when(confirm(100)).then(confirmed);
    given(begun).when(confirm()).refuses('second_factor.wrong_code');
    given().when(confirm(100)).refuses('second_factor.not_begun');
  });
  test('is begun anew while it is not on', () => given(begun).when(begin).then(begun));
  test('is not set up beside one that is on', () => given(...on).when(begin).refuses('second_factor.on'));
  test('takes the code of a step once', () => {
    given(...on).when(use([101])).then(usedStep(101));
    given(...on, usedStep(101)).when(use([101])).refuses('second_factor.wrong_code');
    given(...on, usedStep(101)).when(use([100])).refuses('second_factor.wrong_code');
  });
  test('does not take the code that turned it on', () => given(...on).when(use([100])).refuses('second_factor.wrong_code'));
  test('takes a recovery code once', () => {
    given(...on).when(use([], 'r1')).then(usedRecovery('r1'));
    given(...on, usedRecovery('r1')).when(use([], 'r1')).refuses('second_factor.wrong_code');
    given(...on, usedRecovery('r1')).when(use([], 'r2')).then(usedRecovery('r2'));
  });
  test('takes no wrong code, and none while it is off', () => {
    given(...on).when(use([])).refuses('second_factor.wrong_code');
    given(begun).when(use([100])).refuses('second_factor.off');
  });
  test('forgets the old recovery codes for new ones', () => {
    const made: SecondFactorEvent = { type: 'RecoveryCodesMade', data: { userId, recoveryHashes: ['r3'] } };
    given(...on).when({ type: 'MakeRecoveryCodes', data: { steps: [101], recoveryHash: 'none', recoveryHashes: ['r3'] } }).then(usedStep(101), made);
    given(...on, usedStep(101), made).when(use([], 'r1')).refuses('second_factor.wrong_code');
  });
  test('is turned off with a code', () => {
    const disabled: SecondFactorEvent = { type: 'TotpDisabled', data: { userId } };
    given(...on).when({ type: 'DisableTotp', data: { steps: [], recoveryHash: 'r1' } }).then(usedRecovery('r1'), disabled);
    given(...on).when({ type: 'DisableTotp', data: { steps: [], recoveryHash: 'x' } }).refuses('second_factor.wrong_code');
    given(...on, disabled).when(begin).then(begun);
  });

  test('is dropped without one when the account is recovered, also where it was only begun', () => {
    const disabled: SecondFactorEvent = { type: 'TotpDisabled', data: { userId } };
    given(...on).when({ type: 'DropTotp' }).then(disabled);
    given(begun).when({ type: 'DropTotp' }).then(disabled);
    given(begun, disabled).when(confirm(100)).refuses('second_factor.not_begun');
    given().when({ type: 'DropTotp' }).then();
  });

  test('takes no code twice, whatever was typed and in whatever order', () => {
    const proof = fc.record({ steps: fc.array(fc.integer({ min: 95, max: 110 }), { maxLength: 3 }), recoveryHash: fc.constantFrom('r1', 'r2', 'x') });
    fc.assert(fc.property(fc.array(proof, { maxLength: 60 }), (proofs) => {
      const log: SecondFactorEvent[] = [...on];
      for (const data of proofs) {
        try {
          log.push(...secondFactorDecider.decide({ type: 'UseCode', data }, fold(secondFactorDecider, log)));
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }
      const steps = log.flatMap(({ type, data }) => (type === 'TotpUsed' ? [data.step] : []));
      const recovery = log.flatMap(({ type, data }) => (type === 'RecoveryCodeUsed' ? [data.recoveryHash] : []));
      expect(new Set(recovery).size).toBe(recovery.length);
      expect(steps).toEqual([...new Set(steps)].toSorted((one, other) => one - other));
    }));
  });
});
