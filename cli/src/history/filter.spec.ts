import { describe, expect, test } from 'vitest';
import { isNarrowed, isWanted, matches, queryOf } from './filter.ts';
import type { FeedEvent } from './replies.ts';

const [early, late] = ['2026-11-20T10:00:00.000Z', '2026-11-21T10:00:00.000Z'];

describe('filters', () => {
  test('are asked for as the API knows them', () => {
    expect(queryOf({ type: ['JobQueued', 'JobFinished'], from: early, until: late })).toEqual({ types: 'JobQueued,JobFinished', from: early, until: late });
  });

  test('ask for several kinds, words, a project and a whole id; a part of an id is looked for here', () => {
    const id = '2981e3a6-8de8-54dd-ab3a-9799f06fdfb2';
    expect(queryOf({ category: 'server,job', text: ' Exit  2 ', project: id, actor: id })).toEqual({ categories: 'server,job', text: 'exit 2', projectId: id, actor: id });
    expect(queryOf({ actor: `agent-${id}` })).toEqual({ actor: `agent-${id}` });
    for (const actor of ['2981', '2981e3a6', '2981e3a6-8de8-54dd', 'agent-2981e3a6', 'agent-mgmt', 'user']) expect(queryOf({ category: 'server', actor })).toEqual({ category: 'server' });
  });

  test('mean the person by a whole id, not the agent whose id it is a part of', () => {
    const id = '2981e3a6-8de8-54dd-ab3a-9799f06fdfb2';
    const by = (kind: string, actor: string) => ({ actor: { kind, id: actor } }) as unknown as FeedEvent;
    expect([isWanted(by('user', id), { actor: id }), isWanted(by('agent', `agent-${id}`), { actor: id }), isWanted(by('agent', `agent-${id}`), { actor: '2981e3a6' })]).toEqual([true, false, true]);
  });

  test.each(['  ', 'one two three four five six'])('refuse the words %j', (text) => {
    expect(() => queryOf({ text })).toThrow(expect.objectContaining({ exit: 2 }));
  });

  test('of live events are the same', () => {
    const event = { type: 'JobFinished', stream: 'job-1', service: 'agent-mgmt', actor: { kind: 'user', id: 'u' }, at: early, projectId: 'p', data: { reason: 'No space left' } } as unknown as FeedEvent;
    for (const filter of [{ text: 'SPACE jobfinished' }, { category: 'server,job' }, { project: 'p' }, { actor: 'user' }]) expect(matches(event, filter)).toBe(true);
    for (const filter of [{ text: 'space right' }, { category: 'server,run' }, { project: 'q' }]) expect(matches(event, filter)).toBe(false);
  });

  test.each([[late, early], [early, early]])('from %s until %s are refused: nothing could pass', (from, until) => {
    expect(() => queryOf({ from, until })).toThrow(expect.objectContaining({ exit: 2, advice: 'Say an earlier --from or a later --until.' }));
  });

  test('narrow down, or there are none', () => {
    expect(isNarrowed({ actor: 'user' })).toBe(true);
    expect(isNarrowed({})).toBe(false);
  });
});
