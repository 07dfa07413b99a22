/**
 * What an installer needs against what this server has, with numbers; a server that cannot say is not refused. The same
 * rules as agent-mgmt (systemd) and the agent (system) have, so that nobody starts what they must refuse.
 */
import type { Installer, LiveServer, Sample } from '../api/types.ts';
import type { Machine } from '../servers/machine.ts';
import { memoryOfSize } from '../servers/server-choices.ts';
import { strings } from '../strings.ts';
import { formatBytes } from '../ui/time.ts';

type State = 'met' | 'unmet' | 'unknown';
export type Requirement = { readonly id: 'machine' | 'system' | 'memory' | 'disk'; readonly state: State; readonly text: string };
/** Why an installer cannot run on a server at all, and what to do then. */
export type Obstacle = { readonly reason: string; readonly remedy: string };

const t = strings.requirements;
const MEGABYTE = 1_048_576;
const stateOf = (isMet: boolean | undefined): State => (isMet === undefined ? 'unknown' : isMet ? 'met' : 'unmet');

/** An Ubuntu is a Debian too; other systems may descend from them, which only the agent can tell. */
const familiesOf = (os: string): string[] => (/ubuntu/i.test(os) ? ['ubuntu', 'debian'] : /debian/i.test(os) ? ['debian'] : []);

const named = (families: readonly string[]): string => families.map((family) => `${family.slice(0, 1).toUpperCase()}${family.slice(1)}`).join(t.or);

const machineFits = ({ portable }: Installer, machine: Machine | undefined): boolean | undefined => (portable ? true : machine?.systemd);

const systemFits = ({ os_requirements: { families } }: Installer, machine: Machine | undefined): boolean | undefined => {
  if (families.includes('any')) return true;
  const present = familiesOf(machine?.os ?? '');
  return present.length === 0 ? undefined : present.some((family) => families.some((wanted) => wanted === family));
};

export const obstacleOf = (installer: Installer, machine: Machine | undefined): Obstacle | undefined => {
  if (machineFits(installer, machine) === false) return { reason: t.needsMachine, remedy: t.needsMachineRemedy };
  if (machine && systemFits(installer, machine) === false) return { reason: t.needsSystem(named(installer.os_requirements.families), machine.os), remedy: t.needsSystemRemedy };
  return undefined;
};

const ownMachine = (installer: Installer, machine: Machine | undefined): Requirement => {
  const state = stateOf(machineFits(installer, machine));
  return { id: 'machine', state, text: installer.portable ? t.anyMachine : state === 'unmet' ? `${t.machine}; ${t.noMachine}` : t.machine };
};

const system = (installer: Installer, machine: Machine | undefined): Requirement => {
  const { families } = installer.os_requirements;
  const needed = families.includes('any') ? t.anySystem : named(families);
  return { id: 'system', state: stateOf(systemFits(installer, machine)), text: machine ? `${needed}, ${t.runs(machine.os)}` : needed };
};

const amount = (id: 'memory' | 'disk', neededMb: number, bytes: number | undefined): Requirement[] => {
  if (neededMb === 0) return [];
  const needed = t[id](formatBytes(neededMb * MEGABYTE));
  if (bytes === undefined) return [{ id, state: 'unknown', text: needed }];
  const has = formatBytes(bytes);
  return [{ id, state: stateOf(bytes >= neededMb * MEGABYTE), text: `${needed}, ${id === 'memory' ? t.total(has) : t.free(has)}` }];
};

/** The kernel keeps a part of the ordered memory for itself; that part is not missing. */
const memoryOf = (server: LiveServer, machine: Machine | undefined): number | undefined => {
  const ordered = memoryOfSize(server.size);
  return machine ? Math.max(machine.memoryBytes, ordered ?? 0) : ordered;
};

export const requirementsOf = (installer: Installer, server: LiveServer, { machine, last }: { machine: Machine | undefined; last: Sample | undefined }): Requirement[] => [
  ownMachine(installer, machine),
  system(installer, machine),
  ...amount('memory', installer.resource_requirements.memory_mb, memoryOf(server, machine)),
  ...amount('disk', installer.resource_requirements.disk_mb, last && last.diskTotalBytes - last.diskUsedBytes),
];
