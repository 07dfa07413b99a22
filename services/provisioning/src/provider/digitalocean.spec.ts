import { describe, expect, test } from 'vitest';
import { refusalOf } from './digitalocean.refusals.ts';
import { byAge } from './by-age.ts';
import { actionBody, actOutcomeOf } from './digitalocean.actions.ts';
import { DropletAnswer, instanceOf, nextPageOf } from './digitalocean.wire.ts';
import { machine } from './provider.contract.ts';
import { nameOfAttempt, type MachineAction } from './provider.port.ts';

describe('an answer of the cloud', () => {
  test('for a fresh droplet lacks what the document requires, and is read all the same', () => {
    const { droplet } = DropletAnswer.parse({ droplet: { id: 5_000_000_001, name: 'web', status: 'new', created_at: '2026-11-21T09:00:00Z', networks: {}, tags: null } });
    expect(instanceOf(droplet)).toEqual({ ref: '5000000001', name: 'web', tags: [], phase: 'creating', size: '', region: '', image: null, createdAt: '2026-11-21T09:00:00Z' });
  });

  test('has links of which only the page number is used', () => {
    const next = (link: string) => nextPageOf({ pages: { next: link } });
    expect(next('https://api.digitalocean.com/v2/droplets?tag_name=a&page=3&per_page=200')).toBe('3');
    expect(next('https://evil.example/?page=../../account')).toBeUndefined();
    expect(nextPageOf({})).toBeUndefined();
  });

  test('sorts by age, and by id within a second', () => {
    const made = (ref: string, second: number) => ({ ref, createdAt: `2026-11-21T09:00:0${second}Z` });
    expect([made('100', 2), made('99', 2), made('500', 1)].sort(byAge).map(({ ref }) => ref)).toEqual(['500', '99', '100']);
  });
});

describe('a refusal', () => {
  const unprocessable = (message: string) => refusalOf(422, { id: 'unprocessable_entity', message }, machine);
  test.each([
    ['You specified an invalid size for Droplet creation.', 'size.unknown', false],
    ['You specified an invalid image for Droplet creation.', 'image.unknown', false],
    ['Region is not available', 'region.unavailable', true],
    ['Size is not available in this region.', 'size.unavailable', false],
    ['Droplet already has a pending event.', 'cloud.busy', true],
    ['Something went wrong, please try again', 'cloud.busy', true],
    ['Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)', 'cloud.refused', false],
  ])('%s', (message, code, canRetry) => {
    const refusal = unprocessable(message);
    expect(refusal?.code).toBe(code);
    expect(refusal?.retryAfterMs !== null).toBe(canRetry);
  });

  test('is not what an error of the service is: a droplet may exist', () => {
    for (const status of [408, 500, 502, 503, 504, 520]) expect(refusalOf(status, '<html>', machine)).toBeUndefined();
  });
});

describe('an action', () => {
  const said = (message: string) => ({ status: 422, body: { id: 'unprocessable_entity', message } });
  const resize: MachineAction = { type: 'resize', size: 's-2vcpu-2gb', withDisk: true };
  const cases: [MachineAction, { status: number; body: unknown }, object][] = [
    [resize, said('Droplet already has a pending event.'), { type: 'busy' }],
    [resize, said('Something went wrong, please try again'), { type: 'busy' }],
    [resize, said('This Droplet is running. Please power off before resizing.'), { type: 'rejected', code: 'machine.not_off' }],
    [resize, said('You specified an invalid size.'), { type: 'rejected', code: 'size.unknown' }],
    [resize, said('Droplet already has that size.'), { type: 'started' }],
    [{ type: 'power-off' }, said('Droplet is already powered off.'), { type: 'started' }],
    [{ type: 'power-on' }, said('Droplet is already powered on.'), { type: 'started' }],
    [{ type: 'reboot' }, said('Droplet is already powered off.'), { type: 'rejected', code: 'machine.is_off' }],
    [{ type: 'enable-backups' }, said('Backups are already enabled for this Droplet.'), { type: 'started' }],
    [{ type: 'disable-backups' }, said('Backups are not enabled for this Droplet.'), { type: 'started' }],
    [{ type: 'rebuild', image: 'dos' }, said('You specified an invalid image.'), { type: 'rejected', code: 'image.unknown' }],
    [{ type: 'restore', snapshotRef: '7' }, said('You specified an invalid image.'), { type: 'rejected', code: 'snapshot.unknown' }],
    [{ type: 'rename', name: 'a b' }, said('Only valid hostname characters are allowed.'), { type: 'rejected', code: 'cloud.refused' }],
    [{ type: 'reboot' }, { status: 404, body: { id: 'not_found', message: 'The resource you were accessing could not be found.' } }, { type: 'absent' }],
    [{ type: 'reboot' }, { status: 404, body: undefined }, { type: 'unknown' }],
    [{ type: 'reboot' }, { status: 429, body: undefined }, { type: 'busy' }],
    [{ type: 'reboot' }, { status: 403, body: undefined }, { type: 'rejected', code: 'cloud.forbidden' }],
    [{ type: 'reboot' }, { status: 503, body: undefined }, { type: 'unknown' }],
    [{ type: 'reboot' }, { status: 201, body: { action: { id: 5_000_000_001 } } }, { type: 'started', opRef: '5000000001' }],
  ];
  test.each(cases)('%j answered %j is %j', (action, answer, outcome) => {
    expect(actOutcomeOf(answer, action)).toMatchObject(outcome);
  });

  test('that restores names its snapshot by number', () => {
    expect(actionBody({ type: 'restore', snapshotRef: '5000000001' })).toEqual({ type: 'restore', image: 5_000_000_001 });
    expect(actionBody(resize)).toEqual({ type: 'resize', size: 's-2vcpu-2gb', disk: true });
  });
});

test('the name of an attempt is a host name, its own, and begins with what people call the server', () => {
  const serverId = '01980000-0000-7000-8000-000000000001';
  expect(nameOfAttempt('web', serverId, 2)).toBe('web-01980000000070008000000000000001-2');
  expect(nameOfAttempt('a'.repeat(48), serverId, 12)).toHaveLength(63);
});
