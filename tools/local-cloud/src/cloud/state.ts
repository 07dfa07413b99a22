/** What the local cloud remembers. Times are Unix milliseconds; everything here is plain JSON. */

/** Decided once, at the create, so that a restart does not change a droplet's luck. */
export type Fate = 'lives' | 'vanishes' | 'never-active' | 'never-boots' | 'fails';

export type Droplet = {
  id: number;
  name: string;
  size: string;
  region: string;
  /** Slug of a public image, or the id of a snapshot. */
  image: string;
  /** GB; left out: that of its size. A disk outlives a resize without it. */
  disk?: number;
  tags: string[];
  features: string[];
  vpcUuid: string;
  createdAt: number;
  status: 'new' | 'active' | 'off';
  fate: Fate;
  /** Number of its address in the driver's network. */
  slot: number;
  activeAt: number;
  /** Before these moments the lags hide it (or its tags, or its address). */
  listedFrom: number;
  gettableFrom: number;
  tagsFrom: number;
  networkFrom?: number;
  /** Set by DELETE; the droplet disappears a moment later. */
  deleteAt?: number;
};

export type Action = {
  id: number;
  type: string;
  status: 'in-progress' | 'completed' | 'errored';
  startedAt: number;
  completedAt: number | null;
  dropletId: number;
  region: string;
  /** What a resumed action needs to know again: new name, new size. */
  argument?: string;
  withDisk?: boolean;
  /** Decided when it was ordered, as a droplet's luck is. */
  willFail?: true;
  takesMs?: number;
  /** Of the snapshot that it makes. */
  imageId?: number;
};

export type Snapshot = {
  id: number;
  name: string;
  dropletId: number;
  region: string;
  /** Slug of the public image that it all began with. */
  image: string;
  minDisk: number;
  isGone?: true;
  createdAt: number;
};

export type State = {
  version: 1;
  accountUuid: string;
  vpcUuid: string;
  /** Only ever grow: an id is never given out twice. */
  nextDropletId: number;
  nextActionId: number;
  nextSlot: number;
  nextImageId: number;
  /** The driver's own facts: subnet, bridge, address block. */
  network: { driver: string; block: number } | null;
  tags: string[];
  droplets: Droplet[];
  actions: Action[];
  snapshots: Snapshot[];
};
