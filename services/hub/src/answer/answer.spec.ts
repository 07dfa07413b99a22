import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Changes } from './changes.ts';
import { Heard } from './heard.ts';
import { Kept } from './kept.ts';

describe('what was heard of the logs', () => {
  test('never takes an answer for current that an event was heard after, whatever was lost, doubled or late', () => {
    const happened = fc.record({ project: fc.constantFrom('p', 'q', undefined), isLost: fc.boolean(), copies: fc.integer({ min: 1, max: 2 }), isReconnect: fc.boolean() });
    fc.assert(fc.property(fc.array(happened, { maxLength: 30 }), fc.nat(30), fc.integer({ min: 1, max: 3 }), (events, asOf, mostProjects) => {
      const heard = new Heard(mostProjects);
      let last = 0;
      events.forEach(({ project, isLost, copies, isReconnect }, n) => {
        if (isReconnect) heard.forget();
        if (isLost) return;
        for (let copy = 0; copy < copies; copy += 1) heard.learn('auth', { position: n + 1, projectId: project });
        last = n + 1;
      });
      const concerning = events.slice(0, last).findLastIndex(({ project }) => project !== 'q') + 1;
      if (heard.isCurrent('auth', 'p', asOf)) expect(asOf).toBeGreaterThanOrEqual(concerning);
      expect(heard.isCurrent('auth', 'p', events.length)).toBe(true);
    }));
  });

  test('leaves the answers of other projects and of other logs alone', () => {
    const heard = new Heard();
    for (let position = 1; position <= 5; position += 1) heard.learn('provisioning', { position, projectId: 'p' });
    heard.learn('provisioning', { position: 6, projectId: 'q' });
    expect([heard.isCurrent('provisioning', 'p', 5), heard.isCurrent('provisioning', 'q', 5), heard.isCurrent('auth', 'q', 0)]).toEqual([true, false, true]);
  });
});

describe('changes through this hub', () => {
  test('make old what was asked for before they ended, in their project or everywhere', () => {
    const step = fc.record({ project: fc.constantFrom('p', 'q', 'r', undefined) });
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), (steps, at) => {
      const changes = new Changes(2);
      let askedAt = 0;
      let since = false;
      steps.forEach(({ project }, n) => {
        if (n === at) askedAt = changes.now;
        changes.ended(project);
        if (n >= at && (project === 'p' || project === undefined)) since = true;
      });
      if (steps.length > at && since) expect(changes.isSince('p', askedAt)).toBe(false);
      expect(changes.isSince('p', changes.now)).toBe(true);
    }));
  });
});

describe('what is kept', () => {
  test('never takes more than it may, and the least used goes first', () => {
    const kept = new Kept<number>(80);
    fc.assert(fc.property(fc.array(fc.record({ key: fc.constantFrom(...'abcdefghijkl'), bytes: fc.nat(12) })), (sets) => {
      for (const { key, bytes } of sets) kept.set(key, bytes, bytes);
      expect(kept.bytes).toBeLessThanOrEqual(80);
    }));
    kept.clear();
    for (const key of 'abcdefgh') kept.set(key, 1, 10);
    expect(kept.get('a')).toBe(1);
    kept.set('i', 1, 10);
    expect([kept.get('a'), kept.get('b'), kept.get('i')]).toEqual([1, undefined, 1]);
    kept.set('huge', 1, 11);
    expect([kept.get('huge'), kept.bytes]).toEqual([undefined, 80]);
  });
});
