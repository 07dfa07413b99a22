/**
 * What an installer needs against what a server has, with numbers. The one implementation: agent-mgmt asks it before a
 * job is queued, panel and CLI show what it says, and the agent asks it again before it runs the script. What is not
 * known is not held against a server; whoever knows more asks later. No zod and no Node: the panel reads it too.
 */
import type { InputValue, InstallerAction, InstallerManifest, PortOf } from './manifest.ts';
import { versionFits } from './version-range.ts';

/** A server, as far as it is known to whoever asks. */
export type Machine = {
  /** For people: `Debian GNU/Linux 13 (trixie)`. */
  readonly os?: string | undefined;
  readonly osFamilies?: readonly string[] | undefined;
  readonly osVersion?: string | undefined;
  /** As Node or as Debian names it. */
  readonly arch?: string | undefined;
  readonly systemd?: boolean | undefined;
  readonly memoryBytes?: number | undefined;
  readonly diskFreeBytes?: number | undefined;
  readonly listeningPorts?: readonly number[] | undefined;
  /** What Citrus has installed there. */
  readonly apps?: readonly InstalledApp[] | undefined;
};
export type InstalledApp = { readonly installer: string; readonly version: string };

export type RequirementId = 'machine' | 'system' | 'system-version' | 'architecture' | 'memory' | 'disk' | `port-${number}` | `depends-${string}` | `conflicts-${string}`;
export type Requirement = {
  readonly id: RequirementId;
  readonly state: 'met' | 'unmet' | 'unknown';
  /** Both sides, with numbers: `1 GB of memory; this server has 512 MB`. */
  readonly text: string;
  /** What to do when it is not met. */
  readonly remedy: string;
};

type Asked = Pick<InstallerManifest, 'id' | 'name' | 'portable' | 'os_requirements' | 'resource_requirements' | 'requires' | 'depends_on'>;
type Values = Readonly<Record<string, InputValue>>;

const MEGABYTE = 1_048_576;
/** The kernel and the firmware keep a part of the memory that was ordered; that part is not missing. */
const MEMORY_KEPT = 0.12;
/** Node's names of processors, and Debian's. */
const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm: 'armhf', ia32: 'i386', ppc64: 'ppc64el' };

const amountOf = (bytes: number): string => {
  const megabytes = bytes / MEGABYTE;
  return megabytes < 1000 ? `${Math.round(megabytes)} MB` : `${Number((megabytes / 1024).toFixed(1))} GB`;
};
const capitalised = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
const listed = (words: readonly string[]): string => words.join(' or ');
const stateOf = (isMet: boolean | undefined): Requirement['state'] => (isMet === undefined ? 'unknown' : isMet ? 'met' : 'unmet');
const isKnown = (text: string | undefined): text is string => text !== undefined && text !== '';

const machineNeed = ({ portable }: Asked, { systemd }: Machine): Requirement[] =>
  portable ? [] : [{
    id: 'machine', state: stateOf(systemd), text: `A machine of its own, with systemd${systemd === false ? '; this server has none' : ''}`,
    remedy: 'Choose an installer that is marked portable, or another server.',
  }];

const systemNeed = ({ os_requirements: { families } }: Asked, { os, osFamilies }: Machine): Requirement[] => {
  if (families.includes('any')) return [];
  const present = osFamilies?.length ? osFamilies.some((family) => families.some((wanted) => wanted === family)) : undefined;
  return [{ id: 'system', state: stateOf(present), text: `${listed(families.map(capitalised))}${isKnown(os) ? `; this server runs ${os}` : ''}`, remedy: 'Choose another installer or another server.' }];
};

/** The range of the family itself counts; one that it descends from has other numbers. */
const systemVersionNeed = ({ os_requirements: { versions } }: Asked, { osFamilies, osVersion }: Machine): Requirement[] => {
  const family = osFamilies?.[0];
  const range = family === 'debian' || family === 'ubuntu' ? versions[family] : undefined;
  if (range === undefined || family === undefined) return [];
  const fits = isKnown(osVersion) ? versionFits(osVersion, range) : undefined;
  return [{ id: 'system-version', state: stateOf(fits), text: `${capitalised(family)} ${range}${isKnown(osVersion) ? `; this server has ${osVersion}` : ''}`, remedy: 'Upgrade the system, or choose another server.' }];
};

const architectureNeed = ({ os_requirements: { architectures } }: Asked, { arch }: Machine): Requirement[] => {
  if (architectures.length === 0) return [];
  const present = isKnown(arch) ? (DEBIAN_ARCHITECTURES[arch] ?? arch) : undefined;
  const fits = present === undefined ? undefined : architectures.some((wanted) => wanted === present);
  return [{ id: 'architecture', state: stateOf(fits), text: `A processor of type ${listed(architectures)}${present === undefined ? '' : `; this server has ${present}`}`, remedy: 'Choose another server.' }];
};

const memoryNeed = ({ resource_requirements: { memory_mb: needed } }: Asked, { memoryBytes }: Machine): Requirement[] => {
  if (needed === 0) return [];
  const fits = memoryBytes === undefined ? undefined : memoryBytes >= needed * MEGABYTE * (1 - MEMORY_KEPT);
  return [{ id: 'memory', state: stateOf(fits), text: `${amountOf(needed * MEGABYTE)} of memory${memoryBytes === undefined ? '' : `; this server has ${amountOf(memoryBytes)}`}`, remedy: 'Choose a larger server, or go on without enough memory: it may be slow or be ended by the system.' }];
};

const diskNeed = ({ resource_requirements: { disk_mb: needed } }: Asked, { diskFreeBytes }: Machine): Requirement[] => {
  if (needed === 0) return [];
  const fits = diskFreeBytes === undefined ? undefined : diskFreeBytes >= needed * MEGABYTE;
  return [{ id: 'disk', state: stateOf(fits), text: `${amountOf(needed * MEGABYTE)} of free disk${diskFreeBytes === undefined ? '' : `; this server has ${amountOf(diskFreeBytes)} free`}`, remedy: 'Make room, or choose a larger server.' }];
};

/** A port, or what was answered where one is asked for; nothing before it is answered. */
export const portNumber = (port: PortOf, values: Values): number | undefined => {
  const value = typeof port === 'number' ? port : Object.hasOwn(values, port) ? Number(values[port]) : NaN;
  return Number.isInteger(value) && value >= 1 && value <= 65_535 ? value : undefined;
};

/** An app that is there already listens itself. */
const portNeeds = ({ id, requires: { ports_free: ports } }: Asked, { listeningPorts, apps }: Machine, values: Values): Requirement[] => {
  if (apps?.some(({ installer }) => installer === id)) return [];
  const wanted = new Set(ports.map((port) => portNumber(port, values)).filter((port) => port !== undefined));
  return [...wanted].map((port) => {
    const isTaken = listeningPorts?.includes(port);
    return { id: `port-${port}`, state: stateOf(isTaken === undefined ? undefined : !isTaken), text: `Port ${port} free${isTaken ? '; another program listens there' : ''}`, remedy: 'Choose another port, or stop the program that listens there.' };
  });
};

const dependencyNeeds = ({ depends_on: wanted }: Asked, { apps }: Machine): Requirement[] => wanted.map(({ installer, version }) => {
  const present = apps?.find((app) => app.installer === installer);
  const fits = apps && present !== undefined && (version === undefined || versionFits(present.version, version));
  const has = apps === undefined ? '' : present === undefined ? '; it is not on this server' : `; this server has ${present.version}`;
  return { id: `depends-${installer}`, state: stateOf(fits), text: `${installer}${version === undefined ? '' : ` ${version}`}${has}`, remedy: present === undefined ? `Install ${installer} first, or ask for it to be installed before (withDependencies).` : `Upgrade ${installer} first.` };
});

/** The apps on a server that cannot be there together with this installer's. */
export const conflictsWith = ({ requires: { conflicts } }: Pick<InstallerManifest, 'requires'>, apps: readonly InstalledApp[]): string[] =>
  conflicts.filter((each) => apps.some(({ installer }) => installer === each));

const conflictNeeds = (asked: Asked, { apps }: Machine): Requirement[] => asked.requires.conflicts.map((installer) => {
  const isThere = apps && conflictsWith(asked, apps).includes(installer);
  return { id: `conflicts-${installer}`, state: stateOf(isThere === undefined ? undefined : !isThere), text: `No ${installer} on the same server${isThere ? '; it is there' : ''}`, remedy: `Uninstall ${installer} first, or choose another server.` };
});

/** An app that is there can be looked after whatever became of its server; only what comes new needs all of it. */
const NEEDS_OF: Readonly<Record<string, readonly ((asked: Asked, machine: Machine, values: Values) => Requirement[])[]>> = {
  install: [machineNeed, systemNeed, systemVersionNeed, architectureNeed, memoryNeed, diskNeed, portNeeds, dependencyNeeds, conflictNeeds],
  upgrade: [machineNeed, systemNeed, systemVersionNeed, architectureNeed, dependencyNeeds, conflictNeeds],
};

/** All of them at once, met or not. */
export const preflight = (asked: Asked, machine: Machine, { action = 'install', values = {} }: { action?: InstallerAction; values?: Values } = {}): Requirement[] =>
  (NEEDS_OF[action] ?? [machineNeed, systemNeed]).flatMap((need) => need(asked, machine, values));

/** What somebody may go on without; nothing else. */
export const mayBeIgnored = ({ id }: { readonly id: string }): boolean => id === 'memory';
