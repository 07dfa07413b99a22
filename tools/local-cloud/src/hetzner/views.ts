/** The cloud's facts in the words of docs.hetzner.cloud. User data is in none of them. */
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud.ts';
import type { Action, Droplet, Snapshot } from '../cloud/state.ts';
import { invalid } from './problem.ts';
import { commandOf, findSystemImage, labelsOf, locations, serverTypes, systemImages, type Location, type ServerType, type SystemImage } from './words.ts';

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}+00:00`;

export const locationView = ({ id, name, city, country, zone }: Location) => ({ id, name, description: `${city} DC Park 1`, country, city, latitude: 50, longitude: 12, network_zone: zone });

export const typeView = ({ id, name, cores, memory, disk }: ServerType) => ({
  id, name, description: name.toUpperCase(), cores, memory, disk, deprecated: false, deprecation: null, storage_type: 'local', cpu_type: 'shared', category: 'Shared vCPU', architecture: 'x86',
  prices: locations.map((location) => ({ location: location.name, price_hourly: { net: '0.0060', gross: '0.0072' }, price_monthly: { net: '3.7900', gross: '4.5100' }, included_traffic: 21_990_232_555_520, price_per_tb_traffic: { net: '1.0000', gross: '1.1900' } })),
  locations: locations.map((location) => ({ id: location.id, name: location.name, deprecation: null })),
});

const imageBase = { image_size: null, os_version: null, rapid_deploy: true, protection: { delete: false }, deprecated: null, deleted: null, labels: {}, architecture: 'x86', bound_to: null, created_from: null };

export const systemImageView = ({ id, name, flavor, version }: SystemImage) => ({
  ...imageBase, id, type: 'system', status: 'available', name, description: `${flavor} ${version} (local cloud)`, disk_size: 5, created: time(1_700_000_000_000), os_flavor: flavor, os_version: version,
});

type Kept = Pick<Snapshot, 'id' | 'name' | 'dropletId' | 'minDisk' | 'createdAt'> & { isReady: boolean };
export const snapshotView = ({ id, name, dropletId, minDisk, createdAt, isReady }: Kept, cloud: Cloud) => ({
  ...imageBase, id, type: 'snapshot', status: isReady ? 'available' : 'creating', name: null, description: name, image_size: isReady ? 1 : null, disk_size: minDisk, created: time(createdAt),
  created_from: { id: dropletId, name: cloud.droplet(dropletId)?.name ?? 'deleted' }, os_flavor: 'unknown', labels: {},
});

const imageViewOf = (droplet: Droplet, cloud: Cloud) => {
  const system = findSystemImage(systemImages.find(({ slug }) => slug === droplet.image)?.name ?? droplet.image);
  if (system) return systemImageView(system);
  const snapshot = cloud.snapshots.find(droplet.image);
  return snapshot ? snapshotView({ ...snapshot, isReady: true }, cloud) : null;
};

const ON_THE_WAY: Readonly<Record<string, string>> = { power_on: 'starting', power_off: 'stopping', shutdown: 'stopping', rebuild: 'rebuilding', restore: 'rebuilding', resize: 'migrating' };

const statusOf = (droplet: Droplet, cloud: Cloud): string => {
  if (droplet.deleteAt !== undefined) return 'deleting';
  if (droplet.status === 'new') return 'initializing';
  return ON_THE_WAY[cloud.pendingAction(droplet)?.type ?? ''] ?? (droplet.status === 'active' ? 'running' : 'off');
};

/** The address is there from the beginning, unless the network lags. */
const addressOf = (droplet: Droplet, cloud: Cloud) => {
  const isShown = cloud.weather.faults.networkLagMs === 0 || (droplet.networkFrom !== undefined && droplet.networkFrom <= Date.now());
  return isShown ? { id: droplet.id, ip: cloud.driver.addressOf(droplet.slot), blocked: false, dns_ptr: '' } : null;
};

export const serverView = (droplet: Droplet, cloud: Cloud) => {
  const type = serverTypes.find(({ size }) => size === droplet.size);
  const location = locations.find(({ region }) => region === droplet.region);
  return {
    id: droplet.id, name: droplet.name, status: statusOf(droplet, cloud), created: time(droplet.createdAt), public_net: { ipv4: addressOf(droplet, cloud), ipv6: null, floating_ips: [], firewalls: [] }, private_net: [],
    server_type: type ? typeView(type) : { name: droplet.size }, location: location ? locationView(location) : { name: droplet.region }, image: imageViewOf(droplet, cloud), iso: null, rescue_enabled: false,
    locked: cloud.pendingAction(droplet) !== undefined, backup_window: droplet.features.includes('backups') ? '22-02' : null, outgoing_traffic: 0, ingoing_traffic: 0, included_traffic: 0,
    protection: { delete: false, rebuild: false }, labels: droplet.tagsFrom <= Date.now() ? labelsOf(droplet.tags) : {}, volumes: [], load_balancers: [], primary_disk_size: type?.disk ?? cloud.diskOf(droplet), placement_group: null,
  };
};

const STATES = { 'in-progress': 'running', completed: 'success', errored: 'error' } as const;

export const actionView = (action: Action) => ({
  id: action.id, command: commandOf(action.type), status: STATES[action.status], progress: action.status === 'in-progress' ? 50 : 100, started: time(action.startedAt),
  finished: action.completedAt === null ? null : time(action.completedAt), resources: [{ id: action.dropletId, type: 'server' }],
  error: action.status === 'errored' ? { code: 'action_failed', message: 'Action failed' } : null,
});

const Page = z.object({ page: z.coerce.number().int().min(1).default(1), per_page: z.coerce.number().int().min(1).max(50).default(25) });

/** One page, as numbers instead of links. */
export const paged = <T>(all: readonly T[], query: Record<string, unknown>): { items: T[]; meta: object } => {
  const parsed = Page.safeParse(query);
  if (!parsed.success) throw invalid('per_page', 'must be between 1 and 50');
  const { page, per_page: size } = parsed.data;
  const last = Math.max(1, Math.ceil(all.length / size));
  return {
    items: all.slice((page - 1) * size, page * size),
    meta: { pagination: { page, per_page: size, previous_page: page > 1 ? page - 1 : null, next_page: page < last ? page + 1 : null, last_page: last, total_entries: all.length } },
  };
};
