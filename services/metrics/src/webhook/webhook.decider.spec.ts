import { ProjectId, WebhookId } from '@citrus/contracts';
import { specFor } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { neededRows, webhookDecider, type WebhookCommand } from './webhook.decider.ts';
import type { WebhookEvent } from './webhook.events.ts';

const { given } = specFor(webhookDecider);
const at = '2026-11-22T10:00:00.000Z';
const later = '2026-11-23T10:00:00.000Z';
const webhookId = WebhookId.parse('00000000-0000-4000-8000-000000000001');
const [a, b, s, s2, s3] = [1, 2, 3, 4, 5].map((n) => `00000000-0000-4000-8000-0000000000a${n}`) as [string, string, string, string, string];
const data = { webhookId, at, projectId: ProjectId.parse('00000000-0000-4000-8000-00000000000a'), description: 'd', host: 'hooks.example', addressId: a, types: ['Server*'], secretId: s };
const created: WebhookEvent = { type: 'WebhookCreated', data };
const paused: WebhookEvent = { type: 'WebhookPaused', data: { webhookId, at, reason: null } };
const deleted: WebhookEvent = { type: 'WebhookDeleted', data: { webhookId, at } };
const rotated: WebhookEvent = { type: 'WebhookSecretRotated', data: { webhookId, at, secretId: s2, replaces: s, replacedUntil: later } };
const create: WebhookCommand = { type: 'CreateWebhook', data };
const change = (more: object): WebhookCommand => ({ type: 'ChangeWebhook', data: { at, description: 'd', host: 'hooks.example', addressId: a, types: ['Server*'], ...more } });
const pause = (reason: string | null): WebhookCommand => ({ type: 'PauseWebhook', data: { reason, at } });

describe('a webhook', () => {
  test('is made once', () => {
    given().when(create).then(created);
    given(created).when({ ...create, data: { ...data, addressId: b, secretId: s2 } }).then();
    given(created).when({ ...create, data: { ...data, types: ['*'] } }).refuses('idempotency.reused');
    given(created, deleted).when(create).refuses('idempotency.reused');
  });
  test('is changed when something is different', () => {
    given(created).when(change({})).then();
    given(created).when(change({ types: ['*'] })).then({ type: 'WebhookChanged', data: { webhookId, at, description: 'd', host: 'hooks.example', addressId: a, types: ['*'] } });
  });
  test('is paused and goes on, once each', () => {
    given(created).when(pause('no answer')).then({ type: 'WebhookPaused', data: { webhookId, at, reason: 'no answer' } });
    given(created, paused).when(pause('no answer')).then();
    given(created, paused).when({ type: 'ResumeWebhook', data: { at } }).then({ type: 'WebhookResumed', data: { webhookId, at } });
    given(created).when({ type: 'ResumeWebhook', data: { at } }).then();
  });
  test('gets another secret while the one before counts on', () => {
    given(created).when({ type: 'RotateSecret', data: { secretId: s2, replacedUntil: later, at } }).then(rotated);
    given(created, rotated).when({ type: 'RotateSecret', data: { secretId: s2, replacedUntil: later, at } }).then();
    given(created, rotated).when({ type: 'RotateSecret', data: { secretId: s3, replacedUntil: later, at } }).then({ type: 'WebhookSecretRotated', data: { webhookId, at, secretId: s3, replaces: s2, replacedUntil: later } });
  });
  test('is gone for people when it was deleted, and what comes late by itself is no news', () => {
    given(created).when({ type: 'DeleteWebhook', data: { at } }).then(deleted);
    given(created, deleted).when({ type: 'DeleteWebhook', data: { at } }).then();
    given(created, deleted).when(pause('no answer')).then();
    for (const command of [pause(null), change({}), { type: 'ResumeWebhook', data: { at } }, { type: 'RotateSecret', data: { secretId: s2, replacedUntil: later, at } }] as WebhookCommand[]) {
      expect(() => webhookDecider.decide(command, { status: 'deleted', projectId: data.projectId })).toThrow(/no such webhook/);
      expect(() => webhookDecider.decide(command, webhookDecider.initialState)).toThrow(/no such webhook/);
    }
  });
  test('needs its address, its secret, and the secret before for as long as it is signed with', () => {
    const rowsAfter = (events: WebhookEvent[], now: string) => neededRows(events.reduce(webhookDecider.evolve, webhookDecider.initialState), now);
    expect(rowsAfter([created], at)).toEqual([a, s]);
    expect(rowsAfter([created, rotated], at)).toEqual([a, s2, s]);
    expect(rowsAfter([created, rotated], later)).toEqual([a, s2]);
    expect(rowsAfter([created, deleted], at)).toEqual([]);
  });
  test('takes whatever command comes twice', () => {
    const commands = fc.array(fc.constantFrom<WebhookCommand>(create, change({}), change({ addressId: b }), pause(null), pause('x'), { type: 'ResumeWebhook', data: { at } }, { type: 'RotateSecret', data: { secretId: s2, replacedUntil: later, at } }), { maxLength: 12 });
    fc.assert(fc.property(commands, (list) => {
      let state = webhookDecider.evolve(webhookDecider.initialState, created);
      for (const command of list) {
        state = webhookDecider.decide(command, state).reduce(webhookDecider.evolve, state);
        if (command.type !== 'CreateWebhook') expect(webhookDecider.decide(command, state)).toEqual([]);
      }
    }));
  });
});
