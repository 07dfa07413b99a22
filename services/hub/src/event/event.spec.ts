import { formatVector, LOGGED_SERVICES, type EventEnvelope, type LoggedService, type LogVector } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
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
    expect(await box.take(signal, { timeoutMs: 1 })).toEqual({ items: [], hasOverflowed: false });
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

const NOTHING_READ: LogVector = Object.fromEntries(LOGGED_SERVICES.map((service) => [service, 0]));

describe('history and live', () => {
  test('join by position', () => {
    expect([joinOf(4, 5), joinOf(4, 4), joinOf(4, 6), joinOf(undefined, 1)]).toEqual(['next', 'known', 'hole', 'hole']);
  });

  test('make one stream, whatever is lost, doubled or late on the live side', async () => {
    const plan = fc.array(fc.record({ copies: fc.nat(2), late: fc.boolean(), visible: fc.boolean() }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(plan, fc.nat(5), fc.nat(30), fc.boolean(), async (events, alreadyRead, cut, takesAtOnce) => {
        const log = [...events.map(({ visible }, n) => ({ ...envelope(n + 1), ...(visible && { projectId: 'p' }) })), { ...envelope(events.length + 1), projectId: 'p' }];
        const live = new Mailbox<LiveSignal>(1000);
        const [soon, late]: [LiveSignal[], LiveSignal[]] = [[], []];
        events.forEach(({ copies, late: isLate }, n) => {
          for (let copy = 0; copy < copies; copy += 1) (isLate ? late : soon).push({ service: 'auth', event: { service: 'auth', ...(log[n] as EventEnvelope) } });
        });
        const signals = [...soon, ...late, { service: 'auth', event: { service: 'auth', ...(log.at(-1) as EventEnvelope) } } as const];
        for (const signal of signals.slice(0, cut)) live.put(signal);
        let known = Math.min(alreadyRead, events.length);
        const leaving = new AbortController();
        const read = async (service: LoggedService, after: number) => {
          const page = service === 'auth' ? log.slice(0, known).filter(({ position, projectId }) => position > after && projectId) : [];
          const head = service === 'auth' ? known : 0;
          known = log.length;
          return { events: page.slice(0, 3), head };
        };
        const told: SseMessage[] = [];
        const tellNow = (message: SseMessage) => takesAtOnce && told.push(message) > 0;
        const isAllTold = () => (told.at(-1)?.data as FeedEvent | undefined)?.position === log.length;
        for (const signal of signals.slice(cut)) setImmediate(() => live.put(signal));
        const stopped = () => (isAllTold() ? leaving.abort() : setImmediate(stopped));
        stopped();
        for await (const message of followEvents({ read, headOf: async () => 0, from: NOTHING_READ, live, tellNow, isVisible: ({ projectId }) => projectId === 'p', signal: leaving.signal })) {
          told.push(message);
        }
        expect(told.map(({ data }) => (data as FeedEvent).position)).toEqual(log.filter(({ projectId }) => projectId).map(({ position }) => position));
      }),
      { numRuns: 200 },
    );
  });

  test('go on while one log does not answer, which is told from where the reader stood, or from where it ends', async () => {
    const isAway = { auth: true, metrics: true };
    const logs: Partial<Record<LoggedService, EventEnvelope[]>> = { auth: [envelope(1), envelope(2)], provisioning: [envelope(1)], metrics: [envelope(1), envelope(2)] };
    const answer = (service: LoggedService): EventEnvelope[] => {
      if (service in isAway && isAway[service as keyof typeof isAway]) throw new Unavailable('away', { retryAfterMs: 1 });
      return logs[service] ?? [];
    };
    const [live, leaving, told] = [new Mailbox<LiveSignal>(10), new AbortController(), [] as string[]];
    const { metrics: _unknown, ...from } = NOTHING_READ;
    const following = followEvents({
      read: async (service, after) => ({ events: answer(service).filter(({ position }) => position > after), head: answer(service).length }), headOf: async (service) => answer(service).length,
      from, live, tellNow: () => false, isVisible: () => true, signal: leaving.signal,
    });
    for await (const { id, data } of following) {
      const { service, position } = data as FeedEvent;
      told.push(`${service}:${position}`);
      if (told.length === 1) {
        expect(id).toBe('auth:0,provisioning:1,agent-mgmt:0');
        isAway.metrics = false;
        live.put({ service: 'metrics', event: { service: 'metrics', ...envelope(3) } });
        logs.metrics?.push(envelope(3));
        isAway.auth = false;
      }
      if (told.length === 3) live.put({ service: 'metrics', event: { service: 'metrics', ...envelope(4) } });
      if (told.length === 4) leaving.abort();
    }
    expect(told).toEqual(['provisioning:1', 'auth:1', 'auth:2', 'metrics:4']);
  });

  test('leave a log alone for as long as it asks for, also where only its pages are away', async () => {
    const [live, leaving] = [new Mailbox<LiveSignal>(10), new AbortController()];
    let reads = 0;
    const following = followEvents({
      read: async (service) => {
        if (service === 'auth' && (reads += 1) > 0) throw new Unavailable('busy', { retryAfterMs: 60_000 });
        return { events: [], head: 0 };
      },
      headOf: async () => 0, from: NOTHING_READ, live, tellNow: () => false, isVisible: () => true, signal: leaving.signal,
    });
    const over = following.next();
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    leaving.abort();
    await over;
    expect(reads).toBe(1);
  });
});
