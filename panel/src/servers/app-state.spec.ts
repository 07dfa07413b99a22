import { describe, expect, test } from 'vitest';
import type { App, Installer } from '../api/types.ts';
import { badgeOf, canBackUp, noteOf } from './app-state.ts';

const app = (part: object): App => ({ state: 'installed', reason: null, health: 'healthy', healthReason: null, change: null, ...part }) as App;
const change = (part: object) => ({ change: { status: 'running', step: 'verify', cause: null, reason: null, advice: null, ...part } });

describe('an app', () => {
  test.each([
    [{}, 'good', 'Answers'], [{ health: 'unhealthy' }, 'bad', 'Does not answer'], [{ health: 'unknown' }, 'quiet', 'Not checked yet'],
    [{ state: 'changing' }, 'busy', 'Changing'], [{ state: 'failed' }, 'bad', 'Failed'], [{ state: 'removed' }, 'quiet', 'Removed'],
  ])('%j is shown as %s: %s', (part, tone, text) => expect(badgeOf(app(part))).toEqual({ tone, text }));

  test('says what it is at, what went wrong and what to do, and nothing else', () => {
    expect(noteOf(app({}))).toBeUndefined();
    expect(noteOf(app(change({})))).toBe('Proving the backup');
    expect(noteOf(app(change({ step: 'restore', cause: 'The upgrade ended failed' })))).toBe('Going back to the backup. The upgrade ended failed');
    expect(noteOf(app(change({ status: 'rolled-back', reason: 'It failed.', advice: 'Look.' })))).toBe('It failed. Look.');
    expect(noteOf(app(change({ status: 'changed' })))).toBeUndefined();
    expect(noteOf(app({ health: 'unhealthy', healthReason: 'exit code 3' }))).toBe('exit code 3');
    expect(noteOf(app({ state: 'failed', reason: 'exit code 2' }))).toBe('exit code 2');
  });

  test('can be backed up only when it can be restored', () => {
    expect([canBackUp(undefined), canBackUp({ scripts: { backup: 'b' } } as Installer), canBackUp({ scripts: { backup: 'b', restore: 'r' } } as Installer)]).toEqual([false, false, true]);
  });
});
