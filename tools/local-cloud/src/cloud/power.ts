import { type Cloud } from './cloud.ts';
import { findImage, sizeOf } from './catalog.ts';
import { type Action, type Droplet } from './state.ts';

/** What an action does to the droplet itself. All of them may be repeated after a crash in the middle. */
export const actionTypes = [
  'power_on', 'power_off', 'shutdown', 'reboot', 'power_cycle', 'rename', 'resize', 'rebuild', 'snapshot', 'restore', 'enable_backups', 'disable_backups',
] as const;
export type ActionType = (typeof actionTypes)[number];

export const perform = async (cloud: Cloud, droplet: Droplet, action: Action): Promise<void> => {
  const machine = cloud.machineOf(droplet);
  const { driver } = cloud;
  const argument = action.argument ?? '';
  switch (action.type as ActionType) {
    case 'power_on':
      return start(cloud, droplet);
    case 'power_off':
      await driver.powerOff(machine);
      droplet.status = 'off';
      return;
    case 'shutdown':
      if (await driver.shutDown(machine)) droplet.status = 'off';
      return;
    case 'reboot':
      if (await driver.shutDown(machine)) await start(cloud, droplet);
      return;
    case 'power_cycle':
      await driver.powerOff(machine);
      return start(cloud, droplet);
    case 'rename':
      droplet.name = argument;
      return;
    case 'resize':
      if (action.withDisk) droplet.disk = sizeOf(argument).disk;
      else droplet.disk = cloud.diskOf(droplet);
      droplet.size = argument;
      return;
    case 'rebuild':
      return rebuild(cloud, droplet, argument);
    case 'restore':
      return restore(cloud, droplet, argument);
    case 'snapshot':
      return snapshot(cloud, droplet, action);
    case 'enable_backups':
      droplet.features = [...new Set([...droplet.features, 'backups'])];
      return;
    case 'disable_backups':
      droplet.features = droplet.features.filter((feature) => feature !== 'backups');
      return;
  }
};

const start = async (cloud: Cloud, droplet: Droplet): Promise<void> => {
  if (droplet.fate !== 'never-boots') await cloud.driver.boot(cloud.machineOf(droplet));
  droplet.status = 'active';
};

/** An empty disk, or that of a snapshot, and the same user data again, as on the real service. */
const rebuild = async (cloud: Cloud, droplet: Droplet, image: string): Promise<void> => {
  await cloud.driver.powerOff(cloud.machineOf(droplet));
  await cloud.driver.wipe(cloud.machineOf(droplet));
  droplet.image = image;
  await loadImage(cloud, droplet);
  await start(cloud, droplet);
};

/** What was written since the snapshot is lost; the droplet goes on as if it had never been. */
const restore = async (cloud: Cloud, droplet: Droplet, image: string): Promise<void> => {
  const machine = cloud.machineOf(droplet);
  await cloud.driver.powerOff(machine);
  await cloud.driver.loadDisk(machine, cloud.snapshots.folder(image), false);
  await start(cloud, droplet);
};

const snapshot = async (cloud: Cloud, droplet: Droplet, action: Action): Promise<void> => {
  if (action.imageId === undefined) throw new Error('a snapshot without an id');
  await cloud.driver.saveDisk(cloud.machineOf(droplet), cloud.snapshots.folder(action.imageId));
  cloud.snapshots.add(action.imageId, action.argument ?? '', droplet, cloud.diskOf(droplet));
};

/** A droplet made from a snapshot begins with its disk, as somebody new; from a public image with none. */
export const loadImage = async (cloud: Cloud, droplet: Droplet): Promise<void> => {
  if (findImage(droplet.image)) return;
  await cloud.driver.loadDisk(cloud.machineOf(droplet), cloud.snapshots.folder(droplet.image), true);
};
