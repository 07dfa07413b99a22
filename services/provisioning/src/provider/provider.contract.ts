/** What every cloud behind the port must do, the real adapters and the simulated one alike. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FLEET_TAG, isOperationOf, nameOfAttempt, tagOfServer, type ActOutcome, type CloudProvider, type CreateOutcome, type MachineAction, type MachineSpec, type OperationKey } from './provider.port.ts';

export type CloudUnderTest = {
  readonly cloud: CloudProvider;
  /** Lets time pass until the check stops throwing. */
  readonly until: <T>(check: () => Promise<T>) => Promise<T>;
  /** The next change is carried out, but its answer is lost. */
  readonly loseNextAnswer: () => Promise<void>;
  /** What can be had there. */
  readonly machine: MachineSpec;
  readonly other: { readonly size: string; readonly image: string };
};

export const machine: MachineSpec = {
  region: 'sfo3', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64', tags: ['citrus-host'], sshKeys: [], backups: false, ipv6: true, monitoring: true,
  userData: '#!/bin/bash\nexit 0\n',
};

export const newKey = (): OperationKey => {
  const serverId = randomUUID();
  return { name: nameOfAttempt('web', serverId, 1), tag: tagOfServer(serverId), size: machine.size };
};

export const acceptedRef = (outcome: CreateOutcome): string => {
  if (outcome.type !== 'accepted') throw new Error(`not accepted: ${outcome.reason}`);
  return outcome.ref;
};

const LONG_AGO = '2000-01-01T00:00:00.000Z';

/** A machine that runs, and what tests do with it. */
const running = async ({ cloud, until, machine }: CloudUnderTest) => {
  const key = newKey();
  const ref = acceptedRef(await cloud.create({ ...machine, tags: [...machine.tags, FLEET_TAG] }, key));
  const shows = (facts: object) => until(async () => expect(await cloud.get(ref)).toMatchObject(facts));
  await shows({ phase: 'running' });
  const started = (outcome: ActOutcome) => {
    if (outcome.type !== 'started') throw new Error(`not started: ${JSON.stringify(outcome)}`);
    return outcome;
  };
  /** Whether it says how to follow it or not, it ends. */
  const act = async (action: MachineAction) => {
    const { opRef } = await until(async () => started(await cloud.act(ref, action)));
    if (opRef !== undefined) await until(async () => expect(await cloud.operation(opRef)).toEqual({ type: 'done' }));
  };
  return { key, ref, shows, act };
};

const lifeContract = (open: () => CloudUnderTest): void => {
  test('builds an accepted machine until it runs and has an address', async () => {
    const { cloud, until, machine } = open();
    const key = newKey();
    const outcome = await cloud.create(machine, key);
    const ref = acceptedRef(outcome);
    const { size, region, image } = machine;
    await until(async () => expect(await cloud.get(ref)).toMatchObject({ ref, name: key.name, phase: 'running', size, region, image, publicIp: expect.any(String) }));
    if (outcome.type === 'accepted' && outcome.opRef !== undefined) expect(await cloud.operation(outcome.opRef)).toEqual({ type: 'done' });
  });

  test('finds a machine by its key and by no other', async () => {
    const { cloud, until, machine } = open();
    const key = newKey();
    const ref = acceptedRef(await cloud.create(machine, key));
    await until(async () => expect((await cloud.find(key)).map((found) => found.ref)).toEqual([ref]));
    expect((await cloud.find(key))[0]?.tags).toEqual(expect.arrayContaining([key.tag, ...machine.tags]));
    expect(await cloud.find(newKey())).toEqual([]);
  });

  test('lists the machines of the fleet, page by page', async () => {
    const under = open();
    const { cloud, until } = under;
    const { ref } = await running(under);
    await until(async () => {
      const refs: string[] = [];
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        const page = await cloud.list(FLEET_TAG, cursor);
        refs.push(...page.items.map((item) => item.ref));
        cursor = page.next;
      }
      expect(refs).toContain(ref);
      expect(new Set(refs).size).toBe(refs.length);
    });
  });

  test('makes two machines when it is asked twice, and finds both, the older one first; or one, where names are unique', async () => {
    const { cloud, until, machine } = open();
    const key = newKey();
    const first = acceptedRef(await cloud.create(machine, key));
    const second = acceptedRef(await until(async () => {
      const outcome = await cloud.create(machine, key);
      acceptedRef(outcome);
      return outcome;
    }));
    await until(async () => expect((await cloud.find(key)).map((found) => found.ref)).toEqual(cloud.capabilities.idempotency === 'none' ? [first, second] : [first]));
    expect(second === first).toBe(cloud.capabilities.idempotency === 'unique-name');
  });

  test('removes a machine, in its own time', async () => {
    const under = open();
    const { cloud, until } = under;
    const { key, ref } = await running(under);
    await until(async () => expect(await cloud.destroy(ref)).toBe('absent'));
    expect(await cloud.get(ref)).toBe('absent');
    await until(async () => expect(await cloud.find(key)).toEqual([]));
  });

  test('says of a machine that it never had that it is absent', async () => {
    const { cloud } = open();
    expect(await cloud.get('1')).toBe('absent');
    expect(await cloud.destroy('1')).toBe('absent');
    expect(await cloud.act('1', { type: 'reboot' })).toEqual({ type: 'absent' });
    expect(await cloud.operations('1', LONG_AGO)).toEqual([]);
    expect(await cloud.snapshots('1')).toEqual([]);
    expect(await cloud.removeSnapshot('1')).toBe('absent');
    expect(await cloud.addTags('1', ['citrus-fleet'])).toBe('absent');
    expect(await cloud.removeTags('1', ['citrus-fleet'])).toBe('absent');
  });

  test('may have made what it did not answer, and then it is found', async () => {
    const { cloud, until, loseNextAnswer, machine } = open();
    const key = newKey();
    await loseNextAnswer();
    expect(await cloud.create(machine, key)).toMatchObject({ type: 'unknown', reason: expect.any(String) });
    const [found] = await until(async () => {
      const all = await cloud.find(key);
      expect(all).toHaveLength(1);
      return all;
    });
    if (cloud.capabilities.idempotency === 'unique-name') expect(await cloud.create(machine, key)).toMatchObject({ type: 'accepted', ref: found?.ref });
  });

  test('takes a credential that is good for one', async () => {
    expect(await open().cloud.probe()).toEqual({ isGood: true, account: expect.any(String), machineLimit: expect.toSatisfy((limit: unknown) => limit === null || typeof limit === 'number') });
  });
};

const actionContract = (open: () => CloudUnderTest): void => {
  test('switches a machine off and on again, and remembers that it did', async () => {
    const under = open();
    const { cloud, until } = under;
    const { ref, shows, act } = await running(under);
    await act({ type: 'power-off' });
    await shows({ phase: 'stopped' });
    await act({ type: 'power-on' });
    await shows({ phase: 'running' });
    await until(async () => {
      const types = (await cloud.operations(ref, LONG_AGO)).filter(({ state }) => state === 'done').map(({ type }) => type);
      expect(types.filter((type) => type.startsWith('power'))).toEqual(['power-off', 'power-on']);
    });
    expect(await cloud.operations(ref, '2200-01-01T00:00:00.000Z')).toEqual([]);
  });

  test.each([{ type: 'power-on' }, { type: 'reboot' }, { type: 'power-cycle' }] as const)('does $type with a machine that runs', async (action) => {
    const under = open();
    const { act, shows } = await running(under);
    await act(action);
    await shows({ phase: 'running' });
  });

  test('does one thing at a time with a machine', async () => {
    const under = open();
    const { cloud, until } = under;
    const { ref } = await running(under);
    await until(async () => {
      expect(await cloud.act(ref, { type: 'reboot' })).toMatchObject({ type: 'started' });
      expect(await cloud.act(ref, { type: 'power-cycle' })).toEqual({ type: 'busy', retryAfterMs: expect.any(Number), reason: expect.any(String) });
    });
  });

  test('gives a machine that is off another size, and none that runs', async () => {
    const under = open();
    const { cloud, until, other } = under;
    const { ref, shows, act } = await running(under);
    const resize = { type: 'resize', size: other.size, withDisk: false } as const;
    await until(async () => expect(await cloud.act(ref, resize)).toMatchObject({ type: 'rejected', code: 'machine.not_off' }));
    await act({ type: 'power-off' });
    await shows({ phase: 'stopped' });
    await act(resize);
    await shows({ size: other.size });
  });

  test('gives a machine another name, under which it is found', async () => {
    const under = open();
    const { cloud, until } = under;
    const { key, ref, shows, act } = await running(under);
    const name = key.name.replace(/^web/, 'shop');
    await act({ type: 'rename', name });
    await shows({ name });
    await until(async () => expect((await cloud.find({ ...newKey(), name })).map((found) => found.ref)).toEqual([ref]));
  });

  test('puts tags on a machine beside those that it has, as often as it is asked', async () => {
    const under = open();
    const { key, ref, shows } = await running(under);
    await under.until(async () => expect(await under.cloud.addTags(ref, ['late:tag', key.tag])).toBe('added'));
    await under.until(async () => expect(await under.cloud.addTags(ref, ['late:tag'])).toBe('added'));
    await shows({ tags: expect.arrayContaining(['late:tag', key.tag, ...under.machine.tags]) });
    const instance = await under.cloud.get(ref);
    expect(instance !== 'absent' && new Set(instance.tags).size).toBe(instance !== 'absent' && instance.tags.length);
  });

  test('takes tags off a machine, those that it has not too, and leaves the others', async () => {
    const under = open();
    const { key, ref, shows } = await running(under);
    await under.until(async () => expect(await under.cloud.addTags(ref, ['late:tag', 'canary'], [...under.machine.tags, 'late:tag', 'canary'])).toBe('added'));
    for (let n = 0; n < 2; n += 1) await under.until(async () => expect(await under.cloud.removeTags(ref, ['late:tag', 'never:there'])).toBe('removed'));
    await shows({ tags: expect.arrayContaining(['canary', key.tag, ...under.machine.tags]) });
    const instance = await under.cloud.get(ref);
    expect(instance !== 'absent' && instance.tags).not.toContain('late:tag');
  });

  test('builds a machine anew from another image', async () => {
    const under = open();
    const { shows, act } = await running(under);
    await act({ type: 'rebuild', image: under.other.image });
    await shows({ image: under.other.image, phase: 'running' });
  });

  test('keeps a snapshot, restores it and removes it', async () => {
    const under = open();
    const { cloud, until } = under;
    const { ref, shows, act } = await running(under);
    await act({ type: 'snapshot', name: 'before the change' });
    const kept = await until(async () => {
      const [snapshot] = await cloud.snapshots(ref);
      if (!snapshot) throw new Error('no snapshot yet');
      return snapshot;
    });
    expect(kept).toMatchObject({ name: 'before the change', kind: 'snapshot' });
    await act({ type: 'restore', snapshotRef: kept.ref });
    await shows({ phase: 'running' });
    await until(async () => expect((await cloud.operations(ref, LONG_AGO)).some((one) => isOperationOf({ type: 'restore' }, one))).toBe(true));
    await until(async () => expect(await cloud.removeSnapshot(kept.ref)).toBe('removed'));
    expect(await cloud.removeSnapshot(kept.ref)).toBe('absent');
    expect(await cloud.snapshots(ref)).toEqual([]);
  });

  test('switches backups on and off, as often as it is asked', async () => {
    const { act } = await running(open());
    await act({ type: 'enable-backups' });
    await act({ type: 'enable-backups' });
    await act({ type: 'disable-backups' });
    await act({ type: 'disable-backups' });
  });

  test('may have begun what it did not answer, and then its operations show it', async () => {
    const under = open();
    const { cloud, until } = under;
    const { ref, shows } = await running(under);
    await under.loseNextAnswer();
    expect(await cloud.act(ref, { type: 'power-off' })).toMatchObject({ type: 'unknown', reason: expect.any(String) });
    await until(async () => expect((await cloud.operations(ref, LONG_AGO)).filter(({ type }) => type === 'power-off')).toMatchObject([{ state: 'done', opRef: expect.any(String) }]));
    await shows({ phase: 'stopped' });
  });
};

export const cloudProviderContract = (name: string, open: () => CloudUnderTest): void => {
  describe(`${name}, as a cloud provider`, () => {
    lifeContract(open);
    actionContract(open);
  });
};
