import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { type Cloud } from './cloud.ts';
import { type Action, type Droplet } from './state.ts';

/** What an action does to the droplet itself. All of them may be repeated after a crash in the middle. */
export const actionTypes = ['power_on', 'power_off', 'shutdown', 'reboot', 'power_cycle', 'rename', 'resize', 'rebuild'] as const;
export type ActionType = (typeof actionTypes)[number];

export const perform = async (cloud: Cloud, droplet: Droplet, action: Action): Promise<void> => {
  const machine = cloud.machineOf(droplet);
  const { driver } = cloud;
  switch (action.type as ActionType) {
    case 'power_on':
      await start(cloud, droplet);
      return;
    case 'power_off':
      await driver.powerOff(machine);
      droplet.status = 'off';
      return;
    case 'shutdown':
      if (await driver.shutDown(machine)) droplet.status = 'off';
      return;
    case 'reboot':
      if (!(await driver.shutDown(machine))) return;
      await start(cloud, droplet);
      return;
    case 'power_cycle':
      await driver.powerOff(machine);
      await start(cloud, droplet);
      return;
    case 'rename':
      droplet.name = action.argument ?? droplet.name;
      return;
    case 'resize':
      droplet.size = action.argument ?? droplet.size;
      return;
    case 'rebuild':
      await rebuild(cloud, droplet, action.argument ?? droplet.image);
      return;
  }
};

const start = async (cloud: Cloud, droplet: Droplet): Promise<void> => {
  if (droplet.fate !== 'never-boots') await cloud.driver.boot(cloud.machineOf(droplet));
  droplet.status = 'active';
};

/** An empty disk and the same user data again, as on the real service. */
const rebuild = async (cloud: Cloud, droplet: Droplet, image: string): Promise<void> => {
  const machine = cloud.machineOf(droplet);
  const kept = `${machine.dir}.user-data`;
  if (!existsSync(kept)) {
    await copyFile(join(machine.dir, 'user-data'), `${kept}.next`);
    await rename(`${kept}.next`, kept);
  }
  await cloud.driver.destroy(machine);
  await mkdir(machine.dir, { recursive: true, mode: 0o700 });
  await copyFile(kept, join(machine.dir, 'user-data'));
  await rm(kept);
  droplet.image = image;
  await start(cloud, droplet);
};
