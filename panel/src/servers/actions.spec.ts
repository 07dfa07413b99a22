import type { ActionRecord } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import type { LiveServer } from '../api/types.ts';
import { canAct, needsConfirmation, powerChoices, runningText, subjectOf, toneOf } from './actions.ts';

const server = (part: Partial<LiveServer>): LiveServer => ({ provider: 'digitalocean', status: 'active', dropletRef: '7', power: 'on', action: null, ...part }) as LiveServer;
const record = (part: object): ActionRecord => ({ action: { type: 'reboot' }, status: 'succeeded', ...part }) as ActionRecord;

describe('what can be done with a server', () => {
  test('depends on whether it is on', () => {
    expect(powerChoices(server({ power: 'off' }))).toEqual(['power-on']);
    expect(powerChoices(server({}))).not.toContain('power-on');
    expect(powerChoices(server({ power: null }))).toHaveLength(5);
  });
  test('needs a droplet of a cloud', () => {
    expect(canAct(server({}))).toBe(true);
    expect(canAct(server({ provider: 'none', dropletRef: null }))).toBe(false);
    expect(canAct(server({ dropletRef: null }))).toBe(false);
    expect(canAct(server({ status: 'deleting' }))).toBe(false);
  });
  test('is asked about before it takes what was not saved', () => {
    expect(powerChoices(server({})).filter(needsConfirmation)).toEqual(['power-cycle', 'power-off']);
  });
});

describe('an action', () => {
  test('is told while it runs', () => {
    expect(runningText(server({ action: { type: 'snapshot' } as LiveServer['action'] }))).toBe('Taking a snapshot');
    expect(runningText(server({}))).toBeUndefined();
  });
  test('is told by what it was about', () => {
    expect(subjectOf(record({ action: { type: 'resize', size: 's-2vcpu-2gb', withDisk: false } }))).toBe('resizing: s-2vcpu-2gb');
    expect(subjectOf(record({}))).toBe('rebooting');
  });
  test.each([['succeeded', 'good'], ['failed', 'bad'], ['cancelled', 'quiet'], ['running', 'busy'], ['requested', 'busy']] as const)('that %s looks %s', (status, tone) => expect(toneOf(record({ status }))).toBe(tone));
});
