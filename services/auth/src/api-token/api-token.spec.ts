import { Role, roleIncludes, type Membership } from '@citrus/contracts';
import { projectionSpec, specFor } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiTokenDecider, type ApiTokenCommand } from './api-token.decider.ts';
import type { ApiTokenEvent } from './api-token.events.ts';
import { apiTokensProjection } from './api-token.projection.ts';
import { newApiToken, readApiToken, scoped } from './api-token.ts';

const tokenId = '0198c0de-0000-7000-8000-000000000001';
const userId = '0198c0de-0000-7000-8000-000000000002';
const projectId = '0198c0de-0000-7000-8000-00000000000a';
const data = { tokenId, userId, createdBy: userId, name: { sealed: 'key.v1.n' }, secretHash: 'h', scopes: [{ projectId, role: 'viewer' as const }], expiresAt: '2026-12-01T00:00:00.000Z' };
const created: ApiTokenEvent = { type: 'ApiTokenCreated', data };
const ended: ApiTokenEvent = { type: 'ApiTokenEnded', data: { tokenId, userId, reason: 'revoked' } };
const end: ApiTokenCommand = { type: 'EndApiToken', data: { reason: 'revoked' } };

describe('an API token', () => {
  const { given } = specFor(apiTokenDecider, { again: { CreateApiToken: 'refuses api_token.exists' } });
  test('is made once', () => given().when({ type: 'CreateApiToken', data }).then(created));
  test('ends once', () => {
    given(created).when(end).then(ended);
    given(created, ended).when(end).then();
    given().when(end).then();
  });
  test('that ended is not made again', () => given(created, ended).when({ type: 'CreateApiToken', data }).refuses('api_token.exists'));
});

describe('the row of an API token', () => {
  const { given } = projectionSpec(apiTokensProjection);
  test('says when and how it ended', () => given(created, ended).shows({ secret_hash: 'h', ended_at: '2026-11-21T10:00:02.000Z', end_reason: 'revoked' }));
});

describe('the text of an API token', () => {
  test('is found and proved by itself alone', () => {
    const { text, secretHash } = newApiToken(tokenId);
    const read = readApiToken(text);
    expect(read?.tokenId).toBe(tokenId);
    expect(read?.isSecretOf(secretHash)).toBe(true);
    expect(read?.isSecretOf(newApiToken(tokenId).secretHash)).toBe(false);
    for (const other of ['', 'ctr_', text.slice(0, -1), `${text}x`, text.toUpperCase(), `x${text}`, text.replace('ctr', 'ctx'), `${text}\n`]) expect(readApiToken(other)).toBeUndefined();
  });
});

describe('what an API token may do', () => {
  const membership = fc.record({ projectId: fc.constantFrom('p1', 'p2', 'p3'), role: fc.constantFrom(...Role.options) });
  const memberships = fc.uniqueArray(membership, { selector: ({ projectId: id }) => id });
  const roleIn = (list: readonly Membership[], id: string) => list.find((one) => one.projectId === id)?.role;
  test('T505. is never more than it was given, nor more than its holder may do now', () => fc.assert(fc.property(memberships, memberships, (held, scopes) => {
    for (const { projectId: id, role } of scoped(held, scopes)) {
      for (const list of [held, scopes]) expect(roleIncludes(roleIn(list, id) ?? 'analyst', role)).toBe(true);
      expect([roleIn(held, id), roleIn(scopes, id)]).toContain(role);
    }
    expect(scoped(held, scopes).map(({ projectId: id }) => id)).toEqual(scopes.map(({ projectId: id }) => id).filter((id) => roleIn(held, id)));
  })));
});
