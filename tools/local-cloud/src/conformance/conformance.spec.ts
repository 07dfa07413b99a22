import { describe, expect, test } from 'vitest';
import { Conformance } from './conformance.ts';
import { defects } from './defects.ts';
import { readOfficial } from './document.ts';

const conformance = new Conformance();
const headers = { authorization: 'Bearer t', 'content-type': 'application/json' };
const limits = { 'ratelimit-limit': '5000', 'ratelimit-remaining': '4999', 'ratelimit-reset': '1800000000' };
const create = { name: 'web-1', size: 's-1vcpu-1gb', image: 'debian-12-x64', region: 'nyc3', tags: ['citrus-srv:1'], user_data: '#!/bin/sh\n' };
const region = { name: 'New York 3', slug: 'nyc3', features: [], available: true, sizes: [] };
const action = { id: 1, status: 'completed', type: 'create', started_at: '2026-01-01T00:00:00Z', completed_at: null, resource_id: 2, resource_type: 'droplet', region, region_slug: 'nyc3' };
const without = (record: object, name: string) => Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

const post = (url: string, body: unknown, one = conformance) => one.requestDeviations({ method: 'POST', url, headers, body });
const get = (url: string, change: object = {}) => conformance.requestDeviations({ method: 'GET', url, headers, body: undefined, ...change });
const answered = (url: string, body: unknown, one = conformance, status = 200) => one.answerDeviations({ method: 'GET', url }, { status, headers: limits, body });

describe('a request', () => {
  test('as documented has no deviations', () => {
    expect(post('/v2/droplets', create)).toEqual([]);
    expect(post('/v2/droplets', { ...without(create, 'name'), names: ['a', 'b'] })).toEqual([]);
    expect(get('/v2/droplets?tag_name=a:b&page=2&per_page=200')).toEqual([]);
    expect(post('/v2/droplets/1/actions', { type: 'resize', size: 's-1vcpu-2gb', disk: false })).toEqual([]);
    expect(get('/v2/images/debian-12-x64')).toEqual([]);
  });

  test.each([
    ['a missing field', post('/v2/droplets', without(create, 'size')), "required property 'size'"],
    ['an extra field', post('/v2/droplets', { ...create, idempotency_key: 'one' }), '(idempotency_key)'],
    ['an extra field one level down', post('/v2/droplets', { ...create, backup_policy: { plan: 'daily', day: 'MON' } }), '(day)'],
    ['one name and several', post('/v2/droplets', { ...create, names: ['a'] }), 'exactly one'],
    ['a field of another action', post('/v2/droplets/1/actions', { type: 'reboot', size: 's-1vcpu-2gb' }), '(size)'],
    ['a wrong type', post('/v2/droplets', { ...create, tags: 'citrus' }), 'must be array'],
    ['a name outside the pattern', post('/v2/droplets', { ...create, name: 'web_1' }), 'must match pattern'],
    ['an action that there is not', post('/v2/droplets/1/actions', { type: 'explode' }), 'allowed values'],
    ['no body', post('/v2/droplets', undefined), 'the body is missing'],
    ['a body that is not called JSON', conformance.requestDeviations({ method: 'POST', url: '/v2/droplets', headers: { authorization: 'Bearer t' }, body: create }), 'content-type is missing'],
    ['no token', get('/v2/account', { headers: {} }), 'bearer token'],
    ['a body with a question', get('/v2/account', { body: {} }), 'a body where there should be none'],
    ['an unknown parameter', get('/v2/droplets?tag=a'), 'query parameter tag is not documented'],
    ['a parameter out of range', get('/v2/droplets?per_page=201'), 'must be <= 200'],
    ['an id that is no number', get('/v2/droplets/web-1'), 'must be integer'],
    ['a missing parameter', conformance.requestDeviations({ method: 'DELETE', url: '/v2/droplets', headers, body: undefined }), 'query parameter tag_name is missing'],
    ['an unknown operation', get('/v2/droplets/1/neighbors'), 'not an operation'],
  ])('with %s has one', (_what, deviations, text) => {
    expect(deviations.join('\n')).toContain(text);
  });
});

describe('an answer', () => {
  test('as documented has no deviations', () => {
    expect(answered('/v2/actions/1', { action })).toEqual([]);
    expect(answered('/v2/actions', { actions: [action], links: {}, meta: { total: 1 } })).toEqual([]);
    expect(answered('/v2/actions/1', { id: 'not_found', message: 'The resource you were accessing could not be found.', request_id: 'x' }, conformance, 404)).toEqual([]);
  });

  test.each([
    ['a missing field', answered('/v2/actions/1', { action: without(action, 'status') }), "required property 'status'"],
    ['an extra field', answered('/v2/actions/1', { action: { ...action, user_data: '' } }), '(user_data)'],
    ['an extra field in a list', answered('/v2/actions', { actions: [{ ...action, more: 1 }], links: {}, meta: { total: 1 } }), '(more)'],
    ['an extra field beside the thing', answered('/v2/actions/1', { action, meta: {} }), '(meta)'],
    ['no total', answered('/v2/actions', { actions: [], links: {}, meta: {} }), "required property 'total'"],
    ['an extra field in an error', answered('/v2/actions/1', { id: 'a', message: 'b', stack: '' }, conformance, 404), '(stack)'],
    ['a status that is not documented', answered('/v2/actions/1', { action }, conformance, 201), 'status 201 is not documented'],
    ['without the rate limit', conformance.answerDeviations({ method: 'GET', url: '/v2/actions/1' }, { status: 200, headers: {}, body: { action } }), 'header ratelimit-limit'],
    ['a body after a deletion', conformance.answerDeviations({ method: 'DELETE', url: '/v2/droplets/1' }, { status: 204, headers: limits, body: {} }), 'a body where there should be none'],
  ])('with %s has one', (_what, deviations, text) => {
    expect(deviations.join('\n')).toContain(text);
  });
});

describe('a defect of the document', () => {
  const image = { id: 1, name: 'a', type: 'base', distribution: 'Debian', slug: null, public: true, regions: ['nyc3'], created_at: '2026-01-01T00:00:00Z', min_disk_size: 1, size_gigabytes: 1, status: 'available' };
  /** Something that is wrongly taken, or wrongly refused, by the document as it is. */
  const shownBy: Readonly<Record<keyof typeof defects, (one: Conformance) => string[]>> = {
    envelopes: (one) => answered('/v2/droplets/1', {}, one),
    actions: (one) => answered('/v2/actions/1', { action: {} }, one),
    images: (one) => answered('/v2/images/1', { image: without(image, 'name') }, one),
    addressesAndLinks: (one) => one.answerDeviations({ method: 'POST', url: '/v2/droplets' }, { status: 202, headers: limits, body: { droplets: [], links: { actions: [{}] } } }),
    laggingEnums: (one) => answered('/v2/images/1', { image: { ...image, regions: ['atl1'], distribution: 'Alpine' } }, one),
    requiredBodies: (one) => post('/v2/droplets', undefined, one),
    argumentsOfActions: (one) => post('/v2/droplets/1/actions', { type: 'rename' }, one),
    actionsByType: (one) => post('/v2/droplets/actions?tag_name=a', { type: 'power_off' }, one),
  };

  test.each(Object.entries(shownBy))('%s is mended, and still there without', (name, show) => {
    const others = Object.entries(defects).filter(([other]) => other !== name).map(([, defect]) => defect);
    const isFine = show(conformance).length === 0;
    expect(show(new Conformance(readOfficial(), others)).length === 0).toBe(!isFine);
  });
});
