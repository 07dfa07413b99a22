import { describe, expect, test } from 'vitest';
import { machine } from '../provider/provider.contract.ts';
import { FLEET_TAG, nameOfAttempt, tagOfServer, type CloudProvider, type OperationKey } from '../provider/provider.port.ts';
import { SimulatedCloud } from '../testing/simulated-cloud.ts';
import { chanceOf } from '../testing/simulated-world.ts';
import { ComeBackLater } from './come-back-later.ts';
import { withFleetView, type FleetViewOptions } from './fleet-view.ts';

const START = 1_795_000_000_000;
const keyOf = (number: number): OperationKey => {
  const serverId = `01980000-0000-7000-8000-${String(number).padStart(12, '0')}`;
  return { name: nameOfAttempt('web', serverId, 1), tag: tagOfServer(serverId), size: machine.size };
};

/** A good world with this many machines, and a note of every call that is made to it. */
const open = async (count: number, { pageSize = 200, ...options }: Partial<FleetViewOptions> & { pageSize?: number } = {}) => {
  let now = START;
  const pass = (ms: number) => void (now += ms);
  const simulated = new SimulatedCloud({ now: () => now, pass, chance: chanceOf(1), lagMs: 1000, createTimeoutMs: 1000, trouble: 0, pageSize });
  for (let number = 0; number < count; number += 1) await simulated.create({ ...machine, tags: [FLEET_TAG] }, keyOf(number));
  pass(3_600_000);
  const calls: string[] = [];
  let beforeNextPage = (): void => undefined;
  const counted = Object.assign(Object.create(simulated) as CloudProvider, {
    get: (ref: string) => (calls.push('get'), simulated.get(ref)),
    find: (key: OperationKey) => (calls.push('find'), simulated.find(key)),
    list: (tag: string, cursor?: string) => {
      calls.push('list');
      if (cursor !== undefined) beforeNextPage();
      return simulated.list(tag, cursor);
    },
  });
  const cloud = withFleetView(counted, { now: () => now, pause: async (ms) => pass(ms), callsPerMinute: () => 240, ...options });
  const remove = (ref: string) => {
    const gone = simulated.machines.find((one) => one.ref === ref);
    if (gone) [gone.goneAt, gone.unlistedAt] = [now, now];
  };
  return {
    cloud, calls, refs: simulated.machines.map(({ ref }) => ref), pass, remove, now: () => now, simulated,
    whileListing: (act: () => void) => void (beforeNextPage = act),
    told: () => Object.entries(Object.groupBy(calls, (call) => call)).map(([call, made]) => `${made?.length} ${call}`).sort().join(', '),
  };
};

describe('servers that wait', () => {
  test('are told by one listing, two hundred on a page', async () => {
    const { cloud, refs, told } = await open(500);
    const readings = await Promise.all(refs.slice(0, 50).map((ref) => cloud.get(ref)));
    expect(readings.map((reading) => (reading === 'absent' ? reading : reading.ref))).toEqual(refs.slice(0, 50));
    expect(told()).toBe('3 list');
  });

  test('cost a GET each where that is cheaper', async () => {
    const { cloud, refs, told } = await open(500);
    await Promise.all(refs.slice(0, 10).map((ref) => cloud.get(ref)));
    await cloud.get('1');
    await Promise.all(refs.slice(0, 3).map((ref) => cloud.get(ref)));
    expect(told()).toBe('3 list, 4 get');
  });

  test('are never told by a listing that was begun before they asked', async () => {
    const { cloud, refs, remove, told } = await open(3, { alwaysLists: true });
    const [first = ''] = refs;
    expect(await cloud.get(first)).toMatchObject({ ref: first });
    remove(first);
    expect(await cloud.get(first)).toBe('absent');
    expect(told()).toBe('1 get, 2 list');
  });

  test('are not told by a listing that they are gone: each of those is asked for by itself', async () => {
    const { cloud, refs, told, whileListing, remove } = await open(6, { pageSize: 2, alwaysLists: true });
    whileListing(() => remove(refs[0] ?? '')); // the third one moves to the first page, which was read
    const readings = await Promise.all(refs.slice(1).map((ref) => cloud.get(ref)));
    expect(readings).not.toContain('absent');
    expect(told()).toBe('1 get, 3 list');
  });

  test('spend a third of the minute on listings at most', async () => {
    const { cloud, refs, calls, now } = await open(1000);
    const begunAt = now();
    while (now() < begunAt + 60_000) await Promise.all(refs.slice(0, 50).map((ref) => cloud.get(ref)));
    expect(calls.length).toBeLessThanOrEqual(80 + 5);
    expect(calls.length).toBeGreaterThan(60);
  });

  test('hear all that the cloud cannot be read', async () => {
    const { cloud, refs } = await open(3, { alwaysLists: true });
    const broken = withFleetView({ ...cloud, list: () => Promise.reject(new Error('silence')) }, { now: () => START, pause: async () => undefined, alwaysLists: true });
    const results = await Promise.allSettled(refs.map((ref) => broken.get(ref)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});

describe('look-ups that are in no hurry', () => {
  const patience = { sweepPatienceMs: 20_000 };
  const isLater = (error: unknown) => error instanceof ComeBackLater;

  test('wait for each other and cost one listing together', async () => {
    const { cloud, told, pass, now } = await open(50, patience);
    const keys = Array.from({ length: 50 }, (_, number) => keyOf(number));
    const shownSince = now();
    const first = await Promise.all(keys.map((key) => cloud.find(key, shownSince).catch((error: unknown) => error)));
    expect(first.every(isLater)).toBe(true);
    pass(20_000);
    for (const key of keys) expect((await cloud.find(key, shownSince)).map(({ name }) => name)).toEqual([key.name]);
    expect(told()).toBe('1 list');
  });

  test('are told by any listing since everything was shown, and by none before', async () => {
    const { cloud, refs, told, now, pass } = await open(5, patience);
    await Promise.all(refs.map((ref) => cloud.get(ref)));
    const listedAt = now();
    expect(await cloud.find(keyOf(2), listedAt - 1000)).toHaveLength(1);
    expect(told()).toBe('1 list');
    pass(1);
    await expect(cloud.find(keyOf(2), now())).rejects.toSatisfy(isLater);
  });

  test('are made one by one where nobody else waits and the fleet is large', async () => {
    const { cloud, refs, told, pass, now } = await open(500, patience);
    await Promise.all(refs.map((ref) => cloud.get(ref)));
    const shownSince = now() + 1;
    pass(1000);
    await expect(cloud.find(keyOf(7), shownSince)).rejects.toSatisfy(isLater);
    pass(20_000);
    expect(await cloud.find(keyOf(7), shownSince)).toHaveLength(1);
    expect(told()).toBe('1 find, 3 list');
  });

  test('do not believe a listing whose pages have shifted', async () => {
    const { cloud, refs, told, pass, now, whileListing, remove } = await open(6, { pageSize: 2, alwaysLists: true, ...patience });
    const shownSince = now();
    await expect(cloud.find(keyOf(2), shownSince)).rejects.toSatisfy(isLater);
    pass(20_000);
    whileListing(() => remove(refs[0] ?? ''));
    expect(await cloud.find(keyOf(2), shownSince)).toHaveLength(1);
    expect(told()).toBe('1 find, 3 list');
  });

  test('that are in a hurry ask the cloud by name and tag', async () => {
    const { cloud, told } = await open(5);
    expect(await cloud.find(keyOf(2))).toHaveLength(1);
    expect(told()).toBe('1 find');
  });
});
