import { projectionSpec, specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { serviceAccountDecider, type ServiceAccountCommand } from './service-account.decider.ts';
import type { ServiceAccountEvent } from './service-account.events.ts';
import { serviceAccountsProjection } from './service-account.projection.ts';

const { given } = specFor(serviceAccountDecider);
const userId = '0198c0de-0000-7000-8000-000000000001';
const projectId = '0198c0de-0000-7000-8000-00000000000a';
const data = { userId, projectId, name: 'deploys', role: 'operator' as const };
const created: ServiceAccountEvent = { type: 'ServiceAccountCreated', data };
const removed: ServiceAccountEvent = { type: 'ServiceAccountRemoved', data: { userId, projectId } };
const create = (over: Partial<typeof data> = {}): ServiceAccountCommand => ({ type: 'CreateServiceAccount', data: { ...data, ...over } });
const remove = (from = projectId): ServiceAccountCommand => ({ type: 'RemoveServiceAccount', data: { userId, projectId: from } });

describe('a service account', () => {
  test('is made once', () => given().when(create()).then(created));
  test('is not made anew as another one', () => {
    given(created).when(create({ name: 'other' })).refuses('service_account.exists');
    given(created, removed).when(create()).refuses('service_account.exists');
  });
  test('is removed once', () => {
    given(created).when(remove()).then(removed);
    given(created, removed).when(remove()).then();
  });
  test('of another project is not there', () => {
    given(created).when(remove(userId)).refuses('service_account.unknown');
    given().when(remove()).refuses('service_account.unknown');
  });
});

describe('the row of a service account', () => {
  const { given: rows } = projectionSpec(serviceAccountsProjection);
  test('is there until it is removed', () => {
    rows(created).then({ user_id: userId, project_id: projectId, name: 'deploys', role: 'operator', created_at: '2026-11-21T10:00:01.000Z' });
    rows(created, removed).then();
  });
});
