/** What is done with a server that is there, as calls of Hetzner Cloud's API. */
import type { Call } from './cloud-client.ts';
import { FLEET_TAG, type MachineAction } from './provider.port.ts';

type Request = Pick<Call, 'method' | 'path' | 'body'>;

export const serverPath = (ref: string, rest = ''): string => `/v1/servers/${encodeURIComponent(ref)}${rest}`;

const SIMPLE = {
  'power-on': 'poweron', 'power-off': 'poweroff', shutdown: 'shutdown', reboot: 'reboot', 'power-cycle': 'reset', 'enable-backups': 'enable_backup', 'disable-backups': 'disable_backup',
} as const;

/** A restore is a rebuild from the image that the snapshot is; user data stays what it was in both. */
export const requestOf = (ref: string, action: MachineAction): Request => {
  const order = (name: string, body?: unknown): Request => ({ method: 'POST', path: serverPath(ref, `/actions/${name}`), body });
  switch (action.type) {
    case 'rename': return { method: 'PUT', path: serverPath(ref), body: { name: action.name } };
    case 'resize': return order('change_type', { server_type: action.size, upgrade_disk: action.withDisk });
    case 'rebuild': return order('rebuild', { image: action.image });
    case 'restore': return order('rebuild', { image: action.snapshotRef });
    case 'snapshot': return order('create_image', { type: 'snapshot', description: action.name, labels: { [FLEET_TAG]: '' } });
    case 'power-on': case 'power-off': case 'shutdown': case 'reboot': case 'power-cycle': case 'enable-backups': case 'disable-backups': return order(SIMPLE[action.type]);
  }
};
