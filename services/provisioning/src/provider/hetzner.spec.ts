import { anything, assert, constantFrom, property, stringMatching, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestOf } from './hetzner.actions.ts';
import { labelsOf, selectorOf, tagsOf } from './hetzner.labels.ts';
import { actOutcomeOf, problemOf, refusalOf } from './hetzner.refusals.ts';
import { instanceOf, operationIn, ServerAnswer } from './hetzner.wire.ts';
import { machine } from './provider.contract.ts';
import { FLEET_TAG, isOperationOf, tagOfServer } from './provider.port.ts';

const problem = (code: string, message = '', fields: string[] = []) => ({ error: { code, message, details: { fields: fields.map((name) => ({ name, messages: ['invalid'] })) } } });

describe('tags as labels', () => {
  test('come back as they were', () => {
    const tags = ['citrus-host', 'env:prod', FLEET_TAG, tagOfServer('01980000-0000-7000-8000-000000000001')];
    const made = labelsOf(tags);
    if ('misfit' in made) throw new Error(made.misfit);
    expect(made.labels).toEqual({ 'citrus-host': '', env: 'prod', 'citrus-fleet': '', 'citrus-srv': '01980000-0000-7000-8000-000000000001' });
    expect(tagsOf(made.labels)).toEqual(tags);
    expect(tags.map(selectorOf)).toEqual(['citrus-host', 'env==prod', 'citrus-fleet', 'citrus-srv==01980000-0000-7000-8000-000000000001']);
  });

  test('are refused when they would not, whatever they are', () => {
    const tag = stringMatching(/^[A-Za-z0-9_\-:]{1,80}$/);
    assert(property(uniqueArray(constantFrom('a', 'a:b', 'a:c', 'b').chain((one) => tag.map((other) => (other.length % 2 ? one : other))), { maxLength: 5 }), (tags) => {
      const made = labelsOf(tags);
      if ('misfit' in made) expect(tags).toContain(made.misfit);
      else expect(tagsOf(made.labels).toSorted()).toEqual(tags.toSorted());
    }));
  });

  test.each(['-a', 'a-', '_', ':', 'a:', ':a', 'a:b:c', 'x'.repeat(64), `a:${'x'.repeat(64)}`])('%s is refused', (tag) => {
    expect(labelsOf([tag])).toEqual({ misfit: tag });
    expect(selectorOf(tag)).toBeUndefined();
  });

  test('two of one key cannot both be there', () => expect(labelsOf(['env:prod', 'env:test'])).toEqual({ misfit: 'env:test' }));
});

describe('a server as Hetzner shows it', () => {
  const shown = (change: object) => instanceOf(ServerAnswer.parse({ server: {
    id: 4_711_000_000_001, name: 'web', status: 'running', created: '2026-11-21T09:00:00+00:00', labels: { 'citrus-fleet': '' }, public_net: { ipv4: { ip: '203.0.113.7' }, ipv6: { ip: '2001:db8::/64' } },
    server_type: { name: 'cx22' }, location: { name: 'fsn1' }, image: { name: 'ubuntu-24.04' }, ...change,
  } }).server);

  test('is what the port calls an instance', () => {
    expect(shown({})).toEqual({ ref: '4711000000001', name: 'web', tags: ['citrus-fleet'], phase: 'running', publicIp: '203.0.113.7', size: 'cx22', region: 'fsn1', image: 'ubuntu-24.04', createdAt: '2026-11-21T09:00:00+00:00' });
  });

  test.each([['initializing', 'creating'], ['off', 'stopped'], ['starting', 'unknown'], ['stopping', 'unknown'], ['deleting', 'unknown'], ['rebuilding', 'unknown'], ['migrating', 'unknown'], ['something new', 'unknown']])('%s is %s', (status, phase) => {
    expect(shown({ status }).phase).toBe(phase);
  });

  test('may lack what it lacks without an address, or made from a snapshot', () => {
    expect(shown({ public_net: { ipv4: null }, image: null, labels: null })).toMatchObject({ tags: [], image: null });
    expect(shown({ public_net: { ipv4: null } })).not.toHaveProperty('publicIp');
  });
});

describe('a refused create', () => {
  test.each([
    [422, problem('invalid_input', 'invalid input', ['server_type']), 'size.unknown', false],
    [422, problem('invalid_input', 'server type 99 not found'), 'size.unknown', false],
    [422, problem('invalid_input', 'invalid input', ['image']), 'image.unknown', false],
    [404, problem('not_found', 'image not found'), 'image.unknown', false],
    [422, problem('invalid_input', 'invalid input', ['location']), 'region.unknown', false],
    [422, problem('invalid_input', 'invalid input', ['ssh_keys']), 'ssh_key.unknown', false],
    [422, problem('unsupported_error', 'something else'), 'cloud.refused', false],
    [412, problem('resource_unavailable', 'error during placement'), 'region.unavailable', true],
    [403, problem('resource_limit_exceeded', 'server limit exceeded'), 'account.droplet_limit', true],
    [401, problem('unauthorized', 'unable to authenticate'), 'cloud.unauthorized', false],
    [403, problem('token_readonly', 'readonly'), 'cloud.forbidden', false],
    [429, problem('rate_limit_exceeded', 'limit of 3600 requests per hour reached'), 'cloud.rate_limited', true],
    [409, problem('conflict', 'changed'), 'cloud.busy', true],
    [403, undefined, 'cloud.forbidden', false],
    [405, '<html>', 'cloud.refused', false],
  ])('(%s, %j) is %s', (status, body, code, canRetry) => {
    const refusal = refusalOf({ status, body }, machine);
    expect(refusal?.code).toBe(code);
    expect(refusal?.retryAfterMs !== null).toBe(canRetry);
    expect(refusal?.reason).toMatch(/^[A-Z].+[.\w]$/);
  });

  test('is not what an error of the service is: a server may exist', () => {
    for (const status of [408, 500, 502, 503, 504]) expect(refusalOf({ status, body: problem('server_error') }, machine)).toBeUndefined();
  });

  test('may have any body at all', () => {
    assert(property(anything(), (body) => problemOf(body).code.length >= 0));
    expect(problemOf('<html>')).toEqual({ code: '', message: '', fields: [] });
    expect(problemOf({ error: { code: 'x', message: 'm', details: { fields: 'none' } } })).toEqual({ code: 'x', message: 'm', fields: [] });
  });
});

describe('an action', () => {
  const resize = { type: 'resize', size: 'cx42', withDisk: false } as const;
  test('is one call each', () => {
    expect(requestOf('7', resize)).toEqual({ method: 'POST', path: '/v1/servers/7/actions/change_type', body: { server_type: 'cx42', upgrade_disk: false } });
    expect(requestOf('7', { type: 'rename', name: 'new' })).toEqual({ method: 'PUT', path: '/v1/servers/7', body: { name: 'new' } });
    expect(requestOf('7', { type: 'restore', snapshotRef: '12' })).toEqual(requestOf('7', { type: 'rebuild', image: '12' }));
    expect(requestOf('../7?x', { type: 'power-cycle' })).toMatchObject({ path: '/v1/servers/..%2F7%3Fx/actions/reset' });
  });

  test.each([
    [423, problem('locked'), { type: 'busy' }],
    [409, problem('conflict'), { type: 'busy' }],
    [429, undefined, { type: 'busy' }],
    [404, problem('not_found', 'server with ID 7 not found'), { type: 'absent' }],
    [404, '<html>', { type: 'unknown' }],
    [422, problem('server_not_stopped'), { type: 'rejected', code: 'machine.not_off' }],
    [422, problem('invalid_server_type', 'deprecated'), { type: 'rejected', code: 'size.unknown' }],
    [403, problem('protected'), { type: 'rejected', code: 'machine.protected' }],
    [503, undefined, { type: 'unknown' }],
    [201, { action: { id: 13 } }, { type: 'started', opRef: '13' }],
    [201, '<html>', { type: 'unknown' }],
  ])('answered %s %j is %j', (status, body, outcome) => {
    expect(actOutcomeOf({ status, body }, resize)).toMatchObject(outcome);
  });

  test('that restores is shown as a rebuild', () => {
    const shown = operationIn({ id: '1', command: 'rebuild_server', started: '2026-11-21T09:00:00+00:00', status: 'success' });
    expect(shown).toEqual({ opRef: '1', type: 'rebuild', startedAt: '2026-11-21T09:00:00+00:00', state: 'done' });
    expect([isOperationOf({ type: 'restore' }, shown), isOperationOf({ type: 'reboot' }, shown)]).toEqual([true, false]);
  });
});
