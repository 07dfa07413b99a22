/**
 * A cloud, as little of it as the life of a server needs. Its shape bends to clouds without an idempotency key:
 * `unknown` is an outcome of `create` and of `act`; `find` and `operations` answer what such a call may have left. Reads
 * are readings, not verdicts: a fresh machine may be absent for a while. Reads throw `Unavailable`.
 */

/** What belongs to one attempt of one server: the name is the attempt's, the tag the server's. */
export type OperationKey = { readonly name: string; readonly tag: string; readonly size: string };

export type MachineSpec = {
  readonly region: string;
  readonly size: string;
  readonly image: string;
  readonly tags: readonly string[];
  readonly sshKeys: readonly (number | string)[];
  readonly vpcId?: string | undefined;
  readonly backups: boolean;
  readonly ipv6: boolean;
  readonly monitoring: boolean;
  readonly userData: string;
};

export type CreateOutcome =
  | { readonly type: 'accepted'; readonly ref: string; readonly opRef?: string }
  /** Nothing was made; `retryAfterMs: null` means that asking again is of no use. `reason` is for people. */
  | { readonly type: 'rejected'; readonly code: string; readonly reason: string; readonly retryAfterMs: number | null }
  /** Perhaps made. */
  | { readonly type: 'unknown'; readonly reason: string };

export type Instance = {
  readonly ref: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly phase: 'creating' | 'running' | 'stopped' | 'unknown';
  /** Like `region`, empty where the cloud does not tell (yet). */
  readonly size: string;
  readonly region: string;
  /** Its name in the cloud's catalogue, which not every image has. */
  readonly image: string | null;
  readonly publicIp?: string;
  readonly createdAt: string;
};

export type OperationState = { readonly type: 'running' } | { readonly type: 'done' } | { readonly type: 'failed' };

/**
 * What may be done with a machine that is there. A new name must be a `nameOfAttempt`, because machines are looked up by
 * it; `snapshotRef` is one of `snapshots`.
 */
export type MachineAction =
  | { readonly type: 'power-on' | 'power-off' | 'shutdown' | 'reboot' | 'power-cycle' | 'enable-backups' | 'disable-backups' }
  /** `withDisk`: the disk grows too, and there is no way back. */
  | { readonly type: 'resize'; readonly size: string; readonly withDisk: boolean }
  | { readonly type: 'rename'; readonly name: string }
  | { readonly type: 'rebuild'; readonly image: string }
  | { readonly type: 'snapshot'; readonly name: string }
  | { readonly type: 'restore'; readonly snapshotRef: string };

export type ActOutcome =
  /** Without `opRef` there is nothing to ask about, nor in `operations` (it may be over): the machine itself shows it. */
  | { readonly type: 'started'; readonly opRef?: string }
  /** Not begun, and worth another try: another action is in progress, or the cloud takes no calls. */
  | { readonly type: 'busy'; readonly retryAfterMs: number; readonly reason: string }
  /** Not begun, and asking again is of no use. `reason` is for people. */
  | { readonly type: 'rejected'; readonly code: string; readonly reason: string }
  | { readonly type: 'absent' }
  /** Perhaps begun: `operations` shows it. */
  | { readonly type: 'unknown'; readonly reason: string };

/** `type`: a `MachineAction['type']`, or the cloud's own word for something else. */
export type Operation = { readonly opRef: string; readonly type: string; readonly startedAt: string; readonly state: OperationState['type'] };

/** Is it what this action began? A cloud that restores by rebuilding calls both a rebuild. */
export const isOperationOf = (action: { readonly type: string }, { type }: Operation): boolean => type === action.type || (action.type === 'restore' && type === 'rebuild');

export type Snapshot = {
  readonly ref: string;
  readonly name: string;
  /** Backups are made, and removed, by the cloud. */
  readonly kind: 'snapshot' | 'backup';
  readonly createdAt: string;
  readonly sizeGigabytes: number | null;
};

export type Capabilities = {
  /** `unique-name`: the cloud refuses a second machine of one name. */
  readonly idempotency: 'none' | 'unique-name';
  readonly userDataMaxBytes: number;
  readonly actions: ReadonlySet<MachineAction['type']>;
  /** How long the cloud may take to show what it has made. */
  readonly settleMs: number;
  /** What the cloud allows one credential in the long run. */
  readonly callsPerMinute: number;
};

export type Probe =
  /** `account`: what people would recognise it by. */
  | { readonly isGood: true; readonly account: string; readonly machineLimit: number | null }
  | { readonly isGood: false; readonly code: string; readonly reason: string };

/** For people: why asking again is of no use. */
export type TagsRefused = { readonly refused: string };

export interface CloudProvider {
  readonly capabilities: Capabilities;
  /** Sent once; never throws. */
  create(spec: MachineSpec, key: OperationKey): Promise<CreateOutcome>;
  /**
   * By name and by tag, oldest first. `shownSince` (milliseconds): there is no hurry, and since then the cloud shows all
   * that it has made, so a reading of any later moment will do. Whoever reads for many may throw `ComeBackLater` then.
   */
  find(key: OperationKey, shownSince?: number): Promise<Instance[]>;
  get(ref: string): Promise<Instance | 'absent'>;
  /** One page of all machines with a tag; `total`: how many there were on all pages at that moment. */
  list(tag: string, cursor?: string): Promise<{ readonly items: Instance[]; readonly next?: string; readonly total?: number }>;
  operation(opRef: string): Promise<OperationState>;
  /** `busy`: another action is in progress, ask again. Only a later `get` shows that it has gone. */
  destroy(ref: string): Promise<'requested' | 'busy' | 'absent'>;
  /** Sent once, like a create; never throws. */
  act(ref: string, action: MachineAction): Promise<ActOutcome>;
  /**
   * The actions of a machine since an instant of the cloud's clock (which may be off, and may know whole seconds only:
   * ask for a little more), oldest first: what an `act` without an answer may have begun.
   */
  operations(ref: string, since: string): Promise<readonly Operation[]>;
  /** What a machine can be restored from, oldest first; empty when the machine is absent. */
  snapshots(ref: string): Promise<readonly Snapshot[]>;
  removeSnapshot(snapshotRef: string): Promise<'removed' | 'absent'>;
  /** Puts tags on a machine beside those that it has. Harmless when repeated. `beside`: what it is to carry with them, where a cloud cannot keep everything together. */
  addTags(ref: string, tags: readonly string[], beside?: readonly string[]): Promise<'added' | 'absent' | TagsRefused>;
  /** Takes tags off a machine; those that it does not have are off already. */
  removeTags(ref: string, tags: readonly string[]): Promise<'removed' | 'absent' | TagsRefused>;
  /** How long a create would have to wait for the credential's limits, and why; left out: nobody counts. */
  readonly outlook?: () => Promise<{ readonly waitMs: number; readonly cause: 'limit' | 'unauthorized' }>;
  /** Whether the credential may do what Citrus needs; never throws, changes nothing. */
  probe(): Promise<Probe>;
}

/** Every machine of this installation carries it. */
export const FLEET_TAG = 'citrus-fleet';
export const tagOfServer = (serverId: string): string => `citrus-srv:${serverId}`;

const LONGEST_NAME = 63;
/** A host name that no other attempt has. It begins with what people call the server. */
export const nameOfAttempt = (serverName: string, serverId: string, attempt: number): string => {
  const unique = `-${serverId.replaceAll('-', '')}-${attempt}`;
  return `${serverName.slice(0, LONGEST_NAME - unique.length)}${unique}`;
};
