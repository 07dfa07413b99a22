import type { EventEnvelope, LinkedEvent, LogVerification, LoggedService } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import { exportLines } from './export.ts';
import { verifyLines } from './verify.ts';
import { explain, type Effect, type Found, type ReadLinks } from './why.ts';

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const envelope = (n: number, { cause, atSecond = n }: { cause?: number; atSecond?: number } = {}): EventEnvelope => ({
  id: idOf(n), type: 'Happened', version: 1, stream: `thing-${n}`, streamVersion: 1, position: n, at: new Date(atSecond * 1000).toISOString(),
  actor: { kind: n === 1 ? 'user' : 'service', id: n === 1 ? 'ann' : 'itself' }, correlationId: 'c', data: {}, ...(cause !== undefined && { causationId: idOf(cause) }),
});

/** Events by number with the number of their cause, spread over the logs; negative causes belong to events that are hidden. */
const world = (causes: Readonly<Record<number, number | undefined>>, hidden: readonly number[] = []) => {
  const all: Found[] = Object.entries(causes).map(([key, cause]) => {
    const n = Number(key);
    const link: LinkedEvent = { id: idOf(n), causationId: cause === undefined ? null : idOf(cause), event: hidden.includes(n) ? null : envelope(n, cause === undefined ? {} : { cause }), commandId: hidden.includes(n) ? null : `command-${n}` };
    return { service: (['auth', 'provisioning', 'agent-mgmt'] as const)[n % 3] as LoggedService, ...link };
  });
  const read: ReadLinks = async ({ ids, causedBy }) => ({ found: all.filter((link) => ids.includes(link.id) || causedBy.includes(link.causationId ?? '')), isCut: false });
  return (n: number, limits = { deepest: 50, most: 500 }) => explain(read, idOf(n), limits);
};
const numberOf = ({ id }: { id: string }) => Number(id.slice(-12));
const treeOf = (effects: readonly Effect[]): unknown[] => effects.map(({ event, effects: below }) => (below.length > 0 ? [numberOf(event), treeOf(below)] : numberOf(event)));

describe('why', () => {
  test('leads over all logs to who began it, and to everything that came of it', async () => {
    const why = await world({ 1: undefined, 2: 1, 3: 2, 4: 3, 5: 3, 6: 5, 7: undefined })(3);
    expect(why?.causes.map(numberOf)).toEqual([2, 1]);
    expect(why?.command).toEqual({ id: 'command-1', actor: { kind: 'user', id: 'ann' } });
    expect(treeOf(why?.effects ?? [])).toEqual([4, [5, [6]]]);
    expect(why).toMatchObject({ hidden: { causes: 0, effects: 0 }, isCut: false });
  });

  test('of the first event is its own command', async () => {
    expect(await world({ 1: undefined })(1)).toMatchObject({ causes: [], effects: [], command: { id: 'command-1', actor: { id: 'ann' } } });
  });

  test('passes through what is hidden and tells nothing of it', async () => {
    const why = await world({ 1: undefined, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4 }, [2, 4, 6])(3);
    expect(why?.causes.map(numberOf)).toEqual([1]);
    expect(treeOf(why?.effects ?? [])).toEqual([5]);
    expect(why?.hidden).toEqual({ causes: 1, effects: 2 });
    expect(JSON.stringify({ ...why, event: undefined })).not.toContain(idOf(6));
    expect(await world({ 1: undefined }, [1])(1)).toBeUndefined();
    expect(await world({ 1: undefined })(9)).toBeUndefined();
  });

  test('names who it can when the beginning is hidden', async () => {
    expect((await world({ 1: undefined, 2: 1, 3: 2 }, [1])(3))?.command).toEqual({ id: 'command-2', actor: { kind: 'service', id: 'itself' } });
  });

  test('ends in a circle, at a cause that is gone and at its limits', async () => {
    const circle = await world({ 1: 3, 2: 1, 3: 2 })(1);
    expect(circle?.causes.map(numberOf)).toEqual([3, 2]);
    expect(treeOf(circle?.effects ?? [])).toEqual([[2, [3]]]);
    expect((await world({ 2: 1, 3: 2 })(3))?.causes.map(numberOf)).toEqual([2]);
    const chain = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n + 1, n || undefined]));
    const deep = await world(chain)(1, { deepest: 10, most: 500 });
    expect(deep).toMatchObject({ isCut: true });
    expect((await world(chain)(30, { deepest: 10, most: 500 }))?.causes).toHaveLength(10);
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [n + 1, n > 0 ? 1 : undefined]));
    expect((await world(wide)(1))?.effects).toHaveLength(299);
    expect(await world(wide)(1, { deepest: 10, most: 20 })).toMatchObject({ isCut: true, effects: { length: 20 } });
  });
});

const collect = async (lines: AsyncIterable<string>): Promise<unknown[]> => {
  let text = '';
  for await (const chunk of lines) text += chunk;
  return text.split('\n').filter(Boolean).map((one) => JSON.parse(one) as unknown);
};

describe('an export', () => {
  const logs: Partial<Record<LoggedService, EventEnvelope[]>> = {
    auth: [1, 4, 9].map((second, index) => envelope(index + 1, { atSecond: second })),
    provisioning: [2, 3, 5].map((second, index) => envelope(index + 1, { atSecond: second })),
  };
  const read = async (service: LoggedService, after: number) => ({ events: (logs[service] ?? []).filter(({ position }) => position > after).slice(0, 2), head: (logs[service] ?? []).length });
  const { signal } = new AbortController();

  test('has every event once, in the order of time over all logs', async () => {
    const lines = (await collect(exportLines({ services: ['auth', 'provisioning', 'agent-mgmt'], read, after: {}, signal }))) as { service: string; position: number }[];
    expect(lines.map(({ service, position }) => `${service}:${position}`)).toEqual(['auth:1', 'provisioning:1', 'provisioning:2', 'auth:2', 'provisioning:3', 'auth:3']);
    expect(await collect(exportLines({ services: ['auth'], read, after: { auth: 2 }, signal }))).toMatchObject([{ position: 3 }]);
  });

  test('ends where the log ended when it began', async () => {
    const growing = async (_service: LoggedService, after: number) => ({ events: [envelope(after + 1)], head: after + 3 });
    expect(await collect(exportLines({ services: ['auth'], read: growing, after: {}, signal }))).toHaveLength(3);
  });

  test('waits for a service that restarts, but not to begin', async () => {
    let failures = 0;
    const restarting = async (service: LoggedService, after: number) => {
      if (after > 0 && failures++ < 2) throw new Unavailable('restarting', { retryAfterMs: 1 });
      return read(service, after);
    };
    expect(await collect(exportLines({ services: ['auth'], read: restarting, after: {}, signal }))).toHaveLength(3);
    const down = async (): Promise<never> => {
      throw new Unavailable('down', { retryAfterMs: 60_000 });
    };
    await expect(collect(exportLines({ services: ['auth'], read: down, after: {}, signal }))).rejects.toThrow('down');
  });
});

describe('a verification', () => {
  const stretch = (position: number, over: Partial<LogVerification> = {}): LogVerification =>
    ({ position, head: 25, hash: 'a'.repeat(64), problems: [], seals: { checked: 1, lastSigned: position, publicKeys: { k: 'x' } }, ...over });

  test('goes on with the hash it was given, tells its progress and sums up', async () => {
    const asked: unknown[] = [];
    const verify = async (_service: LoggedService, one: { after: number; hash?: string | undefined }) => {
      asked.push({ after: one.after, hash: one.hash });
      return stretch(Math.min(25, one.after + 10), one.after === 10 ? { problems: [{ position: 14, kind: 'changed' as const, message: 'x' }] } : {});
    };
    const lines = await collect(verifyLines(['auth'], verify, new AbortController().signal));
    expect(asked).toEqual([{ after: 0, hash: undefined }, { after: 10, hash: 'a'.repeat(64) }, { after: 20, hash: 'a'.repeat(64) }]);
    expect(lines.slice(0, 3)).toEqual([10, 20, 25].map((position) => ({ progress: { service: 'auth', position, head: 25 } })));
    expect(lines[3]).toMatchObject({ result: { service: 'auth', ok: false, position: 25, seals: { checked: 3, lastSigned: 25 }, problems: [{ position: 14 }] } });
  });

  test('of a log that ends before its head ends too', async () => {
    const lines = await collect(verifyLines(['auth'], async () => stretch(0, { problems: [{ position: 1, kind: 'missing', message: 'x' }] }), new AbortController().signal));
    expect(lines.at(-1)).toMatchObject({ result: { ok: false, problems: [{ kind: 'missing' }] } });
  });
});
