/**
 * A cloud, as little of it as the life of a server needs. Its shape bends to clouds without an idempotency key:
 * `unknown` is an outcome of `create`, and `find` answers what such a create may have left. Reads are readings, not
 * verdicts: a fresh machine may be absent for a while. Reads throw `Unavailable`; `create` never throws.
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
  readonly publicIp?: string;
  readonly createdAt: string;
};

export type OperationState = { readonly type: 'running' } | { readonly type: 'done' } | { readonly type: 'failed' };

export interface CloudProvider {
  create(spec: MachineSpec, key: OperationKey): Promise<CreateOutcome>;
  /** By name and by tag, oldest first. */
  find(key: OperationKey): Promise<Instance[]>;
  get(ref: string): Promise<Instance | 'absent'>;
  /** One page of all machines with a tag. */
  list(tag: string, cursor?: string): Promise<{ readonly items: Instance[]; readonly next?: string }>;
  operation(opRef: string): Promise<OperationState>;
  /** `busy`: another action is in progress, ask again. Only a later `get` shows that it has gone. */
  destroy(ref: string): Promise<'requested' | 'busy' | 'absent'>;
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
