/** What the local cloud remembers. Times are Unix milliseconds; everything here is plain JSON. */

/** Decided once, at the create, so that a restart does not change a droplet's luck. */
export type Fate = 'lives' | 'vanishes' | 'never-active' | 'never-boots' | 'fails';

export type Droplet = {
  id: number;
  name: string;
  size: string;
  region: string;
  image: string;
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
};

export type State = {
  version: 1;
  accountUuid: string;
  vpcUuid: string;
  /** Only ever grow: an id is never given out twice. */
  nextDropletId: number;
  nextActionId: number;
  nextSlot: number;
  /** The driver's own facts: subnet, bridge, address block. */
  network: { driver: string; block: number } | null;
  tags: string[];
  droplets: Droplet[];
  actions: Action[];
};
