import { type EventEnvelope, formatVector, type LoggedService } from '@citrus/contracts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mailbox } from '../live/mailbox.ts';
import { frame, type SseMessage } from '../live/sse.ts';
import { followEvents, joinOf, type LiveSignal } from './follow-events.ts';
import { compareEvents, mergeSorted, mergeStretches, type FeedEvent } from './merge.ts';

const envelope = (position: number, atSecond = position): EventEnvelope => ({
  id: '66666666-6666-4666-8666-666666666666', type: 'Happened', version: 1, stream: 'thing-1', streamVersion: position, position,
  at: new Date(atSecond * 1000).toISOString(), actor: { kind: 'service', id: 'x' }, correlationId: 'c', data: {},
});

describe('a frame', () => {
  test('is one line of data and, where it has one, an id', () => {
    expect(frame({ id: '7', data: { output: 'a\nb' } })).toBe('id: 7\ndata: {"output":"a\\nb"}\n\n');
    expect(frame({ data: 1 })).toBe('data: 1\n\n');
  });
});

describe('a mailbox', () => {
  test('keeps what came while nobody looked, and says when it was too much', async () => {
    const box = new Mailbox<number>(2);
    const { signal } = new AbortController();
    for (const n of [1, 2, 3]) box.put(n);
    expect(await box.take(signal)).toEqual({ items: [1, 2], hasOverflowed: true });
    expect(await box.take(signal, 1)).toEqual({ items: [], hasOverflowed: false });
    const waiting = box.take(signal);
    box.put(4);
    expect((await waiting).items).toEqual([4]);
  });

  test('lets its reader go at an abort', async () => {
    const leaving = new AbortController();
    const waiting = new Mailbox<number>(2).take(leaving.signal);
    leaving.abort();
    expect((await waiting).items).toEqual([]);
  });
});

describe('pages over several logs', () => {
  const stretch = (service: LoggedService, positions: number[], { isExhausted = true, head = 100 } = {}) => ({ service, events: positions.map((position) => envelope(position)), isExhausted, head });

  test('go on where each log was left', () => {
    const { items, next } = mergeStretches([stretch('auth', [9, 5]), stretch('provisioning', [8, 7]), stretch('agent-mgmt', [], { head: 0 })], { limit: 3, direction: 'backward', from: {} });
    expect(items.map(({ service, position }) => `${service}:${position}`)).toEqual(['auth:9', 'provisioning:8', 'provisioning:7']);
    expect(next && formatVector(next)).toBe('auth:9,provisioning:1,agent-mgmt:1');
  });

  test('end early where a log was cut short, so that nothing is told out of order', () => {
    const forward = { limit: 5, direction: 'forward', from: {} } as const;
    const { items, next } = mergeStretches([stretch('auth', [1, 2], { isExhausted: false }), stretch('provisioning', [3, 4, 5, 6, 7], { isExhausted: false })], forward);
    expect(items.map(({ service, position }) => `${service}:${position}`)).toEqual(['auth:1', 'auth:2']);
    expect(next).toEqual({ auth: 2, provisioning: 0 });
  });

  test('are over when every log is', () => {
    expect(mergeStretches([stretch('auth', [2, 1])], { limit: 5, direction: 'backward', from: {} }).next).toBeUndefined();
    expect(mergeStretches([stretch('auth', [2, 1], { isExhausted: false })], { limit: 2, direction: 'backward', from: {} }).next).toEqual({ auth: 1 });
  });

  test('sort whatever comes, reading no further than needed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(50)), { maxLength: 4 }), async (lists) => {
        const sources = lists.map(async function* (list) {
          yield* list.toSorted((a, b) => a - b);
        });
        const merged: number[] = [];
        for await (const item of mergeSorted(sources, (a, b) => a - b)) merged.push(item);
        expect(merged).toEqual(lists.flat().toSorted((a, b) => a - b));
      }),
    );
  });

  test('order by time, then service, then position', () => {
    const of = (service: LoggedService, position: number, at: number): FeedEvent => ({ service, ...envelope(position, at) });
    const events = [of('agent-mgmt', 1, 5), of('auth', 2, 5), of('auth', 1, 5), of('provisioning', 9, 1)];
    expect(events.toSorted(compareEvents).map(({ service, position }) => `${service}:${position}`)).toEqual(['provisioning:9', 'auth:1', 'auth:2', 'agent-mgmt:1']);
  });
});

describe('history and live', () => {
  test('join by position', () => {
    expect([joinOf(4, 5), joinOf(4, 4), joinOf(4, 6)]).toEqual(['next', 'known', 'hole']);
  });

  test('make one stream, whatever is lost, doubled or late on the live side', async () => {
    const plan = fc.array(fc.record({ copies: fc.nat(2), late: fc.boolean(), visible: fc.boolean() }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(plan, fc.nat(5), async (events, alreadyRead) => {
        const log = [...events.map(({ visible }, n) => ({ ...envelope(n + 1), ...(visible && { projectId: 'p' }) })), { ...envelope(events.length + 1), projectId: 'p' }];
        const live = new Mailbox<LiveSignal>(1000);
        const late: LiveSignal[] = [];
        events.forEach(({ copies, late: isLate }, n) => {
          for (let copy = 0; copy < copies; copy += 1) (isLate ? late : { push: (signal: LiveSignal) => live.put(signal) }).push({ service: 'auth', event: { service: 'auth', ...(log[n] as EventEnvelope) } });
        });
        for (const signal of late) live.put(signal);
        live.put({ service: 'auth', event: { service: 'auth', ...(log.at(-1) as EventEnvelope) } });
        let known = Math.min(alreadyRead, events.length);
        const leaving = new AbortController();
        const read = async (service: LoggedService, after: number) => {
          const page = service === 'auth' ? log.slice(0, known).filter(({ position, projectId }) => position > after && projectId) : [];
          const head = service === 'auth' ? known : 0;
          known = log.length;
          return { events: page.slice(0, 3), head };
        };
        const told: SseMessage[] = [];
        for await (const message of followEvents({ read, from: {}, live, isVisible: ({ projectId }) => projectId === 'p', signal: leaving.signal })) {
          told.push(message);
          if ((message.data as FeedEvent).position === log.length) break;
        }
        expect(told.map(({ data }) => (data as FeedEvent).position)).toEqual(log.filter(({ projectId }) => projectId).map(({ position }) => position));
      }),
      { numRuns: 200 },
    );
  });
});
