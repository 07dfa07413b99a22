import { describe, expect, test } from 'vitest';
import type { Fact } from '../api/types.ts';
import { addressOf, byDay, isWanted, kindOf, meantBy, mergeFacts, queryOf, wantedIn } from './merge.ts';

const fact = (id: string, at: string, position: number, stream = 'server-1'): Fact =>
  ({ id, type: 'ServerFailed', version: 1, stream, streamVersion: 1, position, at, actor: { kind: 'user', id: 'ann' }, correlationId: 'c', data: { serverId: 's1', reason: 'No capacity' } });

describe('the timeline', () => {
  test('has each fact once, newest first', () => {
    const [a, b, c] = [fact('a', '2026-11-21T10:00:00.000Z', 1), fact('b', '2026-11-21T10:00:00.000Z', 2), fact('c', '2026-11-21T11:00:00.000Z', 3)];
    expect(mergeFacts([a, c], [b, c], [a]).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  test('knows what kind of thing a fact is about', () => {
    expect(['server-1', 'order-1', 'job-1', 'schedule-1', 'enrolment-1', 'project-1', 'comet-1'].map((stream) => kindOf({ stream }))).toEqual(['servers', 'servers', 'jobs', 'runs', 'agents', 'access', undefined]);
  });

  test('is grouped by the days of whoever reads it', () => {
    const days = byDay([fact('c', '2026-11-22T12:00:00.000Z', 3), fact('b', '2026-11-21T12:00:01.000Z', 2), fact('a', '2026-11-21T12:00:00.000Z', 1)]);
    expect(days.map(({ facts }) => facts.map(({ id }) => id))).toEqual([['c'], ['b', 'a']]);
  });
});

describe('what is wanted', () => {
  test('is in the address, and comes back from it', () => {
    const wanted = { about: 's1', by: 'ann', kind: 'servers', text: 'no capacity & more' } as const;
    expect(wantedIn(new URLSearchParams(addressOf(wanted).slice('/events?'.length)))).toEqual(wanted);
    expect(addressOf({})).toBe('/events');
    expect(wantedIn(new URLSearchParams('kind=everything'))).toEqual({});
  });

  test('is asked of the hub as one project, kinds and words', () => {
    expect(Object.fromEntries(new URLSearchParams(queryOf({ about: 's1', by: 'ann', kind: 'runs', text: ' web ' }, 'p1')))).toEqual({ projectId: 'p1', about: 's1', actor: 'ann', categories: 'run,schedule', text: 'web' });
    expect(queryOf({ text: 'x'.repeat(500) }, undefined)).toHaveLength('text='.length + 200);
  });

  test('of a server by its name is everything about it', () => {
    const servers = [{ id: 's1', name: 'web-1' }];
    expect(meantBy({ text: 'Web-1 failed' }, servers)).toEqual({ about: 's1', text: 'failed' });
    expect(meantBy({ text: 'web-1', kind: 'jobs' }, servers)).toEqual({ about: 's1', text: undefined, kind: 'jobs' });
    for (const wanted of [{ text: 'web' }, { about: 's2', text: 'web-1' }, {}]) expect(meantBy(wanted, servers)).toBe(wanted);
  });

  test('holds for live facts as for read ones', () => {
    const one = fact('a', '2026-11-21T10:00:00.000Z', 1);
    for (const wanted of [{}, { about: 's1' }, { about: '1' }, { by: 'ann' }, { kind: 'servers' }, { text: 'NO capacity' }, { text: 'serverfailed' }] as const) expect(isWanted(one, wanted), JSON.stringify(wanted)).toBe(true);
    for (const wanted of [{ about: 's2' }, { by: 'eve' }, { kind: 'jobs' }, { text: 'capacity left' }] as const) expect(isWanted(one, wanted), JSON.stringify(wanted)).toBe(false);
  });
});
