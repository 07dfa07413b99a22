/** What every cloud behind the port must do, the real adapter and the simulated one alike. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nameOfAttempt, tagOfServer, type CloudProvider, type CreateOutcome, type MachineSpec, type OperationKey } from './provider.port.ts';

export type CloudUnderTest = {
  readonly cloud: CloudProvider;
  /** Lets time pass until the check stops throwing. */
  readonly until: <T>(check: () => Promise<T>) => Promise<T>;
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

export const cloudProviderContract = (name: string, open: () => CloudUnderTest): void => {
  describe(`${name}, as a cloud provider`, () => {
    test('builds an accepted machine until it runs and has an address', async () => {
      const { cloud, until } = open();
      const key = newKey();
      const outcome = await cloud.create(machine, key);
      const ref = acceptedRef(outcome);
      await until(async () => expect(await cloud.get(ref)).toMatchObject({ ref, name: key.name, phase: 'running', publicIp: expect.any(String) }));
      if (outcome.type === 'accepted' && outcome.opRef !== undefined) expect(await cloud.operation(outcome.opRef)).toEqual({ type: 'done' });
    });

    test('finds a machine by its key and by no other', async () => {
      const { cloud, until } = open();
      const key = newKey();
      const ref = acceptedRef(await cloud.create(machine, key));
      await until(async () => expect((await cloud.find(key)).map((found) => found.ref)).toEqual([ref]));
      expect((await cloud.find(key))[0]?.tags).toContain(key.tag);
      expect(await cloud.find(newKey())).toEqual([]);
    });

    test('makes two machines when it is asked twice, and finds both, the older one first', async () => {
      const { cloud, until } = open();
      const key = newKey();
      const first = acceptedRef(await cloud.create(machine, key));
      const second = acceptedRef(await cloud.create(machine, key));
      await until(async () => expect((await cloud.find(key)).map((found) => found.ref)).toEqual([first, second]));
    });

    test('removes a machine, in its own time', async () => {
      const { cloud, until } = open();
      const key = newKey();
      const ref = acceptedRef(await cloud.create(machine, key));
      await until(async () => expect(await cloud.get(ref)).toMatchObject({ phase: 'running' }));
      await until(async () => expect(await cloud.destroy(ref)).toBe('absent'));
      expect(await cloud.get(ref)).toBe('absent');
      await until(async () => expect(await cloud.find(key)).toEqual([]));
    });

    test('says of a machine that it never had that it is absent', async () => {
      const { cloud } = open();
      expect(await cloud.get('1')).toBe('absent');
      expect(await cloud.destroy('1')).toBe('absent');
    });
  });
};
