import { Unavailable } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { startWakeUp, type WakeUp } from '../database/wake-up.ts';
import { added, context, test as base, type TestLog } from '../log.fixture.ts';
import { startErasures, type Erasures } from './erasures.ts';

type Replica = { readonly erasures: Erasures; readonly done: string[][] };
type Options = { readonly fails?: () => boolean; readonly againEveryMs?: number };

const test = base.extend('start', async ({ log }, { onCleanup }) => {
  const running: (Erasures | WakeUp)[] = [];
  onCleanup(async () => void (await Promise.all(running.map((part) => part.stop()))));
  return ({ fails = () => false, againEveryMs }: Options = {}): Replica => {
    const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
    const done: string[][] = [];
    const carryOut = async (subjectIds: readonly string[]) => {
      if (fails()) throw new Unavailable('the keyring does not answer');
      done.push([...subjectIds]);
    };
    const erasures = startErasures({ store: log.store, wakeUp, carryOut, ...(againEveryMs !== undefined && { againEveryMs }) });
    running.push(erasures, wakeUp);
    return { erasures, done };
  };
});

const erase = ({ store }: TestLog, subjectId: string) => store.append({ stream: subjectId, expected: 'any', events: [{ type: 'SubjectErased', data: { subjectId, at: '2026-11-21T10:00:00.000Z' } }], context: context() });

describe('an erasure', () => {
  test('is carried out in every replica as soon as it stands in the log', async ({ log, start }) => {
    const replicas = [start(), start()];
    for (const { erasures } of replicas) await eventually(() => erasures.check() === undefined);
    await log.store.append({ stream: 'totals-1', expected: 'none', events: [added(1)], context: context() });
    await erase(log, 'user-ada');
    await erase(log, 'user-bob');
    for (const { done } of replicas) await eventually(() => expect(done.flat()).toEqual(['user-ada', 'user-bob']));
  });

  test('of an earlier life is carried out at the start, before the replica counts as ready', async ({ log, start }) => {
    await erase(log, 'user-ada');
    for (let n = 0; n < 3; n += 1) await log.store.append({ stream: `totals-${n}`, expected: 'none', events: [added(1)], context: context() });
    let isDown = true;
    const { erasures, done } = start({ fails: () => isDown });
    await eventually(() => expect(erasures.check()).toContain('the keyring does not answer'));
    expect(done).toEqual([]);
    isDown = false;
    await eventually(() => erasures.check() === undefined);
    expect(done).toEqual([['user-ada']]);
  });

  test('is carried out again and again, because a keyring may come back from a backup', async ({ log, start }) => {
    await erase(log, 'user-ada');
    const { done } = start({ againEveryMs: 50 });
    await eventually(() => expect(done.length).toBeGreaterThan(3));
    expect(new Set(done.flat())).toEqual(new Set(['user-ada']));
  });
});
