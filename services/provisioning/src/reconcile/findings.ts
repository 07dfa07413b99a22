/**
 * What is not as it should be, pure: one listing of the clouds between two readings of the log. Whoever is missed in the
 * listing must have been there before it, and whoever is unknown must be unknown still after it; so neither a machine that
 * was made meanwhile is taken for an orphan, nor a server that was deleted meanwhile for a ghost. Listings lag, so nothing
 * younger than the settle window is judged; they shift, so only a whole one can miss somebody.
 */
import { ServerId, type CloudId, type Finding, type ProjectId, type ServerStatus } from '@citrus/contracts';
import { FLEET_TAG, tagOfServer, type Instance } from '../provider/provider.port.ts';

/** A server as the log tells it. */
export type ServerFacts = {
  readonly serverId: ServerId; readonly projectId: ProjectId; readonly name: string; readonly status: ServerStatus;
  /** No cloud made its machine. */
  readonly hasJoined: boolean;
  readonly cloudId: CloudId | null; readonly machineRef: string | null; readonly size: string; readonly tags: readonly string[]; readonly power: 'on' | 'off' | null;
  /** Something is being done with it: what it is, is about to change. */
  readonly isActedOn: boolean;
  /** Changes with every event of it. */
  readonly updatedAt: string;
};
export type Servers = ReadonlyMap<ServerId, ServerFacts>;

export type ListedCloud = { readonly cloudId: CloudId | null; readonly machines: readonly Instance[]; /** Nothing came or went between its pages. */ readonly isWhole: boolean };

export type Window = { readonly now: number; /** Younger ones are the business of whoever asked for them. */ readonly youngMs: number };
/** Not confirmed yet, and seen for the first time as far as anybody knows. */
export type Suspicion = Omit<Finding, 'isConfirmed' | 'firstSeenAt'>;

export const serverIdOf = ({ tags }: Pick<Instance, 'tags'>): ServerId | undefined => {
  const prefix = tagOfServer('');
  const parsed = ServerId.safeParse(tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length));
  return parsed.success ? parsed.data : undefined;
};

const REPAIRS: Readonly<Record<NonNullable<Finding['aspect']>, Finding['repair']>> = { size: 'accept', tags: 'retag', power: null, name: null };

const AT = (cloudId: string | null) => (cloudId === null ? '' : `-at-${cloudId}`);
const NOTHING = { aspect: null, projectId: null, serverId: null, serverName: null, cloudId: null, machineRef: null, machineName: null, expected: null, actual: null, repair: null } as const;
const ofServer = ({ serverId, projectId, name, cloudId, machineRef }: ServerFacts) => ({ ...NOTHING, serverId, projectId, serverName: name, cloudId, machineRef });
const ofMachine = ({ ref, name }: Instance, cloudId: CloudId | null) => ({ cloudId, machineRef: ref, machineName: name });

/** What the cloud shows of a server's own machine that the log tells otherwise. */
export const driftOf = (server: ServerFacts, machine: Instance): Suspicion[] => {
  const about = (aspect: NonNullable<Finding['aspect']>, [expected, actual]: [string, string], text: string): Suspicion =>
    ({ ...ofServer(server), ...ofMachine(machine, server.cloudId), id: `drift-${aspect}-${server.serverId}`, kind: 'drift', aspect, expected, actual, text, repair: REPAIRS[aspect] });
  const drifts: Suspicion[] = [];
  if (machine.size !== '' && machine.size !== server.size) drifts.push(about('size', [server.size, machine.size], `${server.name} should be ${server.size} and is ${machine.size}. Somebody has resized it at the cloud. Accept it, or resize it back.`));
  const wanted = [FLEET_TAG, tagOfServer(server.serverId), ...server.tags];
  // A cloud keeps the case in which it saw a tag first.
  const shown = new Set(machine.tags.map((tag) => tag.toLowerCase()));
  const missing = wanted.filter((tag) => !shown.has(tag.toLowerCase()));
  if (missing.length > 0) drifts.push(about('tags', [wanted.join(' '), machine.tags.join(' ')], `The machine of ${server.name} has lost the tags ${missing.join(', ')} at the cloud. Put them back: Citrus looks machines up by them.`));
  const power = machine.phase === 'running' ? 'on' : machine.phase === 'stopped' ? 'off' : null;
  if (power !== null && power !== (server.power ?? 'on')) drifts.push(about('power', [server.power ?? 'on', power], `${server.name} was switched ${power} at the cloud.`));
  if (!machine.name.toLowerCase().includes(server.serverId.replaceAll('-', ''))) drifts.push(about('name', [server.name, machine.name], `The machine of ${server.name} is called ${machine.name} at the cloud. Rename the server, and the machine gets its name back: Citrus looks machines up by it.`));
  return drifts;
};

export const orphanOf = (machine: Instance, cloudId: CloudId | null): Suspicion => ({
  ...NOTHING, ...ofMachine(machine, cloudId), id: `orphan-${machine.ref}${AT(cloudId)}`, kind: 'orphan', repair: 'destroy',
  text: `The machine ${machine.name} (${machine.ref}) carries the tag of the fleet and belongs to no server of this installation. Another installation may use the same account.`,
});

/** A machine with the tag of a server of ours that is not that server's own. */
const strayOf = (server: ServerFacts, machine: Instance): Suspicion => {
  const isOver = server.status === 'deleted';
  return {
    ...ofServer(server), ...ofMachine(machine, server.cloudId), id: `${isOver ? 'orphan' : 'duplicate'}-${machine.ref}${AT(server.cloudId)}`, kind: isOver ? 'orphan' : 'duplicate', repair: 'remove',
    text: isOver ? `The machine ${machine.ref} is of ${server.name}, which was deleted. It is being removed.` : `The machine ${machine.ref} is a second one of ${server.name}. It is being removed; the first one, ${server.machineRef ?? 'which is being made'}, stays.`,
  };
};

export const ghostOf = (server: ServerFacts): Suspicion => ({
  ...ofServer(server), id: `ghost-${server.serverId}`, kind: 'ghost', repair: 'mark-failed',
  text: `${server.name} is active, and its machine ${server.machineRef ?? ''} is gone from the cloud. Mark it failed to try again with a new one, or delete it.`,
});

/** While these are at work, the process manager looks after every machine of the server itself. */
const LOOKS_AFTER_ITSELF: ReadonlySet<ServerStatus> = new Set(['creating', 'deleting']);

const isOwn = (server: ServerFacts | undefined, ref: string, cloudId: CloudId | null): boolean => server?.machineRef === ref && server.cloudId === cloudId && server.status !== 'deleted';

export const isYoung = ({ createdAt }: Pick<Instance, 'createdAt'>, { now, youngMs }: Window): boolean => now < Date.parse(createdAt) + youngMs;

type Known = { readonly before: Servers; readonly after: Servers; readonly owners: ReadonlyMap<string, ServerFacts>; readonly window: Window };

const judgeMachine = (machine: Instance, cloudId: CloudId | null, { before, after, owners, window }: Known): Suspicion[] => {
  const owner = owners.get(`${machine.ref}${AT(cloudId)}`);
  if (owner) {
    // Only of a server that nothing happened to during the listing.
    // Nor of a young one, whose tags may not be shown yet.
    const isSteady = owner.status === 'active' && !isYoung(machine, window) && !owner.isActedOn && before.get(owner.serverId)?.updatedAt === owner.updatedAt;
    return isSteady ? driftOf(owner, machine) : [];
  }
  if (isYoung(machine, window)) return [];
  const serverId = serverIdOf(machine);
  const server = serverId && after.get(serverId);
  if (!server) return [orphanOf(machine, cloudId)];
  return LOOKS_AFTER_ITSELF.has(server.status) || server.cloudId !== cloudId ? [] : [strayOf(server, machine)];
};

export const findSuspicions = (before: Servers, clouds: readonly ListedCloud[], after: Servers, window: Window): Suspicion[] => {
  const owners = new Map([...after.values()].flatMap((server) => (server.machineRef !== null && isOwn(server, server.machineRef, server.cloudId) ? [[`${server.machineRef}${AT(server.cloudId)}`, server] as const] : [])));
  const aboutMachines = clouds.flatMap(({ cloudId, machines }) => machines.flatMap((machine) => judgeMachine(machine, cloudId, { before, after, owners, window })));
  const seen = new Map(clouds.filter(({ isWhole }) => isWhole).map(({ cloudId, machines }) => [cloudId, new Set(machines.map(({ ref }) => ref))]));
  const ghosts = [...before.values()].filter((server) => {
    const now = after.get(server.serverId);
    const listed = seen.get(server.cloudId);
    return server.status === 'active' && !server.hasJoined && server.machineRef !== null && now?.status === 'active' && now.machineRef === server.machineRef && listed !== undefined && !listed.has(server.machineRef);
  });
  return [...aboutMachines, ...ghosts.map(ghostOf)];
};
