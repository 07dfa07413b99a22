import { type Cloud } from '../cloud/cloud.ts';
import { imageOf, type Image, type Region, regionOf, regions, type Size, sizeOf, sizes } from '../cloud/catalog.ts';
import { type Action, type Droplet } from '../cloud/state.ts';
import { type DriverInfo } from '../driver/driver.port.ts';

/** The cloud's facts in the words of the official document. User data is in none of them. */
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export const regionView = (region: Region, unavailable: readonly string[] = []) => ({
  name: region.name,
  slug: region.slug,
  features: ['backups', 'ipv6', 'metadata', 'image_transfer'],
  available: !unavailable.includes(region.slug),
  sizes: sizes.map((size) => size.slug),
});

export const sizeView = (size: Size) => ({
  slug: size.slug,
  memory: size.memory,
  vcpus: size.vcpus,
  disk: size.disk,
  transfer: size.transfer,
  price_monthly: size.monthly,
  price_hourly: Math.round((size.monthly / 672) * 1e5) / 1e5,
  regions: regions.map((region) => region.slug),
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

export const dropletView = (droplet: Droplet, cloud: Cloud) => {
  const size = sizeOf(droplet.size);
  const now = Date.now();
  const addressed = droplet.networkFrom !== undefined && droplet.networkFrom <= now;
  return {
    id: droplet.id,
    name: droplet.name,
    memory: size.memory,
    vcpus: size.vcpus,
    disk: size.disk,
    locked: false,
    status: droplet.status,
    kernel: null,
    created_at: time(droplet.createdAt),
    features: droplet.status === 'new' ? [] : droplet.features,
    backup_ids: [],
    next_backup_window: null,
    snapshot_ids: [],
    image: imageView(imageOf(droplet.image), cloud.driver.info),
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

