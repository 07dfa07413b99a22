import { type Cloud } from '../cloud/cloud.ts';
import { findImage, type Image, isOffered, type Region, regionOf, regions, type Size, sizeOf, sizes } from '../cloud/catalog.ts';
import { type Action, type Droplet, type Snapshot } from '../cloud/state.ts';
import { type DriverInfo } from '../driver/driver.port.ts';

/** The cloud's facts in the words of the official document. User data is in none of them. */
const DAY = 86_400_000;
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export const regionView = (region: Region, unavailable: readonly string[] = []) => ({
  name: region.name,
  slug: region.slug,
  features: ['backups', 'ipv6', 'metadata', 'image_transfer'],
  available: !unavailable.includes(region.slug),
  sizes: sizes.filter((size) => isOffered(size, region.slug)).map((size) => size.slug),
});

export const sizeView = (size: Size) => ({
  slug: size.slug,
  memory: size.memory,
  vcpus: size.vcpus,
  disk: size.disk,
  transfer: size.transfer,
  price_monthly: size.monthly,
  price_hourly: Math.round((size.monthly / 672) * 1e5) / 1e5,
  regions: regions.map((region) => region.slug).filter((region) => isOffered(size, region)),
  available: true,
  description: 'Basic',
});

/** The name says what a droplet of this image really is here. */
export const imageView = (image: Image, info: DriverInfo) => ({
  id: image.id,
  name: `${image.release} (local cloud: ${info.description})`,
  distribution: image.distribution,
  slug: image.slug,
  public: true,
  regions: regions.map((region) => region.slug),
  created_at: image.created,
  min_disk_size: 7,
  size_gigabytes: 1,
  type: 'base',
  description: `${image.distribution} ${image.release}; ${info.description}`,
  tags: [],
  status: 'available',
});

/** A snapshot as an image: private, without a slug. */
export const snapshotImageView = (snapshot: Snapshot, cloud: Cloud) => ({
  ...imageView(cloud.snapshots.distributionOf(String(snapshot.id)), cloud.driver.info),
  ...ofSnapshot(snapshot),
  id: snapshot.id,
  slug: null,
  public: false,
  type: 'snapshot',
  description: '',
});

const ofSnapshot = (snapshot: Snapshot) => ({
  name: snapshot.name,
  created_at: time(snapshot.createdAt),
  regions: [snapshot.region],
  min_disk_size: snapshot.minDisk,
  size_gigabytes: 1,
});

export const dropletSnapshotView = (snapshot: Snapshot) => ({ id: snapshot.id, ...ofSnapshot(snapshot), type: 'snapshot' });

export const snapshotView = (snapshot: Snapshot) => ({
  id: String(snapshot.id),
  ...ofSnapshot(snapshot),
  resource_id: String(snapshot.dropletId),
  resource_type: 'droplet',
  tags: [],
});

/** The image of a droplet; of a snapshot that is gone, the system that was on it. */
const imageOfDroplet = (droplet: Droplet, cloud: Cloud) => {
  const snapshot = findImage(droplet.image) ? undefined : cloud.snapshots.find(droplet.image);
  return snapshot ? snapshotImageView(snapshot, cloud) : imageView(cloud.snapshots.distributionOf(droplet.image), cloud.driver.info);
};

/** The day's four hours in which the real service would make the backup. */
const backupWindow = (droplet: Droplet, now: number) => {
  if (!droplet.features.includes('backups')) return null;
  const start = Math.ceil(now / DAY) * DAY;
  return { start: time(start), end: time(start + DAY / 6) };
};

export const dropletView = (droplet: Droplet, cloud: Cloud) => {
  const size = sizeOf(droplet.size);
  const now = Date.now();
  const addressed = droplet.networkFrom !== undefined && droplet.networkFrom <= now;
  return {
    id: droplet.id,
    name: droplet.name,
    memory: size.memory,
    vcpus: size.vcpus,
    disk: cloud.diskOf(droplet),
    locked: false,
    status: droplet.status,
    kernel: null,
    created_at: time(droplet.createdAt),
    features: droplet.status === 'new' ? [] : droplet.features,
    backup_ids: [],
    next_backup_window: backupWindow(droplet, now),
    snapshot_ids: cloud.snapshots.of(droplet).map(({ id }) => id),
    image: imageOfDroplet(droplet, cloud),
    volume_ids: [],
    size: sizeView(size),
    size_slug: droplet.size,
    networks: { v4: addressed ? [addressView(droplet, cloud)] : [], v6: [] },
    region: regionView(regionOf(droplet.region)),
    tags: droplet.tagsFrom <= now ? droplet.tags : [],
    vpc_uuid: droplet.vpcUuid,
  };
};

const addressView = (droplet: Droplet, { driver }: Cloud) => ({
  ip_address: driver.addressOf(droplet.slot),
  netmask: driver.info.netmask,
  gateway: driver.info.gatewayAddress,
  type: 'public',
});

export const actionView = (action: Action) => ({
  id: action.id,
  status: action.status,
  type: action.type,
  started_at: time(action.startedAt),
  completed_at: action.completedAt === null ? null : time(action.completedAt),
  resource_id: action.dropletId,
  resource_type: 'droplet',
  region: regionView(regionOf(action.region)),
  region_slug: action.region,
});

export const tagView = (name: string, cloud: Cloud) => {
  const tagged = cloud.state.droplets.filter((droplet) => droplet.tags.includes(name));
  const last = tagged.at(-1);
  const uses = { count: tagged.length, ...(last ? { last_tagged_uri: `${API}/v2/droplets/${last.id}` } : {}) };
  return { name, resources: { ...uses, droplets: uses, imgages: { count: 0 }, volumes: { count: 0 }, volume_snapshots: { count: 0 }, databases: { count: 0 } } };
};

/** Links carry the real service's address, as they do there: a client that follows them has a fault worth finding. */
export const API = 'https://api.digitalocean.com';

