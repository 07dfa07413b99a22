import { type MachineFeed } from './none/machine-feed.ts';

/** What makes a droplet run. A machine is known by its droplet's id; every operation may be repeated. */
export type Machine = {
  id: number;
  name: string;
  address: string;
  memoryMb: number;
  /** The droplet's own folder: its disk, its user data, what its driver remembers of it. */
  dir: string;
};

export type DriverInfo = {
  driver: string;
  /** The address under which droplets reach this computer. */
  gatewayAddress: string;
  netmask: string;
  /** False when a "droplet" is only a group of processes of this computer. */
  isMachine: boolean;
  description: string;
};

export interface Driver {
  readonly info: DriverInfo;
  /** Whether its machines may stop without being told to (`poweroff` inside, a crash), so that somebody has to look. */
  readonly stopsByItself: boolean;
  /** Only of the driver without machines: what would have happened to them. */
  readonly feed?: MachineFeed;
  addressOf(slot: number): string;
  /** How many slots there are. */
  readonly slots: number;
  /** Keeps the user data of a machine to be; nobody has heard of the droplet before this resolves. */
  prepare(machine: Machine, userData: string): Promise<void>;
  /** An empty disk for a stopped machine: its next boot is the first one again, with the same user data. */
  wipe(machine: Machine): Promise<void>;
  /** Copies the machine's disk into a folder of its own. */
  saveDisk(machine: Machine, folder: string): Promise<void>;
  /** Gives a stopped machine such a disk. `asNew`: it was another machine's, so who it is and the first boot begin anew. */
  loadDisk(machine: Machine, folder: string, asNew: boolean): Promise<void>;
  /** Starts the machine, or adopts it when it runs already. The first boot runs the user data. */
  boot(machine: Machine): Promise<void>;
  /** Asks it to stop; false when it did not do so in time. */
  shutDown(machine: Machine): Promise<boolean>;
  powerOff(machine: Machine): Promise<void>;
  /** Stops it and removes its disk and every trace; fails when anything is left. */
  destroy(machine: Machine): Promise<void>;
  isRunning(machine: Machine): Promise<boolean>;
  /** True once after a machine that stopped by itself had asked to be started again. */
  wantsReboot(machine: Machine): Promise<boolean>;
  /** Removes what is left of machines that are not in the list. */
  sweep(known: readonly Machine[], savedDisks: readonly string[]): Promise<void>;
  /** Stops all machines (their disks stay) and gives back networks and ports. */
  stop(machines: readonly Machine[]): Promise<void>;
  /** Lets go without touching any machine: what a killed process would leave. */
  abandon(): Promise<void>;
}

/** What a driver keeps in the cloud's state so that its addresses are the same after a restart. */
export type NetworkClaim = { driver: string; block: number };

export type DriverParts = {
  /** Tells this cloud's things from those of another one on the same computer. */
  cloudId: string;
  /** The local cloud's folder, and in it the one with a folder for each droplet. */
  dir: string;
  dropletsDir: string;
  remembered: NetworkClaim | null;
  /** A prepared root file system for droplets, instead of this computer's own. */
  base?: string;
  /** An image with systemd for the docker driver, instead of the one that it builds. */
  dockerImage?: string;
  forwardPorts: readonly number[];
  /** Says what could not be had; shown by `GET /local/info` too. */
  log: (message: string) => void;
};
export type OpenedDriver = { driver: Driver; claim: NetworkClaim };
