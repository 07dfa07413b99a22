/**
 * The same machines in Hetzner Cloud's words: each of its types, locations and images stands for one of the catalogue, so
 * a machine can be seen through both faces. All of them run here, so there are no types for other processors.
 */
import type { ActionType } from '../cloud/power.ts';

export type ServerType = { id: number; name: string; size: string; cores: number; memory: number; disk: number };
export type Location = { id: number; name: string; region: string; city: string; country: string; zone: string };
export type SystemImage = { id: number; name: string; slug: string; flavor: string; version: string };

export const serverTypes: readonly ServerType[] = [
  { id: 22, name: 'cpx11', size: 's-2vcpu-2gb', cores: 2, memory: 2, disk: 40 },
  { id: 104, name: 'cx22', size: 's-2vcpu-4gb', cores: 2, memory: 4, disk: 40 },
  { id: 105, name: 'cx32', size: 's-4vcpu-8gb', cores: 4, memory: 8, disk: 80 },
  { id: 106, name: 'cx42', size: 's-8vcpu-16gb', cores: 8, memory: 16, disk: 160 },
];

export const locations: readonly Location[] = [
  { id: 1, name: 'fsn1', region: 'fra1', city: 'Falkenstein', country: 'DE', zone: 'eu-central' },
  { id: 2, name: 'nbg1', region: 'ams3', city: 'Nuremberg', country: 'DE', zone: 'eu-central' },
  { id: 3, name: 'hel1', region: 'lon1', city: 'Helsinki', country: 'FI', zone: 'eu-central' },
  { id: 4, name: 'ash', region: 'nyc1', city: 'Ashburn, VA', country: 'US', zone: 'us-east' },
  { id: 5, name: 'hil', region: 'sfo3', city: 'Hillsboro, OR', country: 'US', zone: 'us-west' },
  { id: 6, name: 'sin', region: 'sgp1', city: 'Singapore', country: 'SG', zone: 'ap-southeast' },
];

export const systemImages: readonly SystemImage[] = [
  { id: 114_690_387, name: 'debian-12', slug: 'debian-12-x64', flavor: 'debian', version: '12' },
  { id: 67_794_396, name: 'ubuntu-22.04', slug: 'ubuntu-22-04-x64', flavor: 'ubuntu', version: '22.04' },
  { id: 161_547_269, name: 'ubuntu-24.04', slug: 'ubuntu-24-04-x64', flavor: 'ubuntu', version: '24.04' },
];

type Named = { id: number; name: string };
const named = <T extends Named>(all: readonly T[], idOrName: string | number): T | undefined => all.find(({ id, name }) => name === idOrName || String(id) === String(idOrName));

export const findType = (idOrName: string | number) => named(serverTypes, idOrName);
export const findLocation = (idOrName: string | number) => named(locations, idOrName);
export const findSystemImage = (idOrName: string | number) => named(systemImages, idOrName);

/** As the real service calls what is done. */
const COMMANDS: Readonly<Record<string, string>> = {
  create: 'create_server', destroy: 'delete_server', power_on: 'start_server', power_off: 'stop_server', shutdown: 'shutdown_server', reboot: 'reboot_server', power_cycle: 'reset_server',
  resize: 'change_server_type', rebuild: 'rebuild_server', restore: 'rebuild_server', snapshot: 'create_image', enable_backups: 'enable_backup', disable_backups: 'disable_backup',
};
export const commandOf = (type: string): string => COMMANDS[type] ?? type;

/** The actions that need no argument, by the end of their path. */
export const SIMPLE: Readonly<Record<string, ActionType>> = {
  poweron: 'power_on', poweroff: 'power_off', shutdown: 'shutdown', reboot: 'reboot', reset: 'power_cycle', enable_backup: 'enable_backups', disable_backup: 'disable_backups',
};

export type Labels = Record<string, string>;
export const tagsOf = (labels: Labels): string[] => Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}:${value}`));
export const labelsOf = (tags: readonly string[]): Labels =>
  Object.fromEntries(tags.map((tag) => {
    const colon = tag.indexOf(':');
    return colon === -1 ? [tag, ''] : [tag.slice(0, colon), tag.slice(colon + 1)];
  }));
