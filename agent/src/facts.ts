/** What kind of machine this is, for people and for rules about where an installer can run. */
import { canonicalJson, type Facts } from '@citrus/contracts';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, hostname, networkInterfaces, release, totalmem } from 'node:os';
import type { AgentConfig } from './config.ts';
import { diskFree, lastingPorts, listeningPorts, steadily } from './capacity.ts';
import { readIfThere } from './files.ts';
import { inventory } from './inventory.ts';
import { digestOf, OWN_LAYOUT } from './upgrade/layout.ts';

/** Set when the agent is bundled. */
declare const CITRUS_AGENT_VERSION: string | undefined;
export const AGENT_VERSION = typeof CITRUS_AGENT_VERSION === 'string' ? CITRUS_AGENT_VERSION : 'from-source';

/** `KEY="value"` lines of os-release. */
export const parseOsRelease = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/gm)].map(([, key = '', double, single, plain]) => [key, double ?? single ?? plain ?? '']));

const osRelease = () => parseOsRelease(readIfThere('/etc/os-release') ?? readIfThere('/usr/lib/os-release') ?? '');

/** This system and the ones it descends from: `ubuntu`, `debian`. */
export const osFamilies = (release = osRelease()): string[] => [release['ID'] ?? '', ...(release['ID_LIKE'] ?? '').split(' ')].filter((family) => family !== '');

export const osName = (release = osRelease()): string => (release['PRETTY_NAME'] ?? 'Linux').slice(0, 128);
export const osVersion = (release = osRelease()): string => (release['VERSION_ID'] ?? '').slice(0, 32);

const addresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((each) => each ?? []).filter(({ internal, address }) => !internal && !address.startsWith('fe80:')).map(({ address }) => address).slice(0, 32);

/** The address people reach this server at, where nobody said which. */
export const firstAddress = (): string => addresses().find((address) => !address.includes(':')) ?? addresses()[0] ?? '127.0.0.1';

/** Under a prefix nothing of the machine's own systemd is ours to use. */
export const hasSystemd = (prefix: string | undefined): boolean => prefix === undefined && existsSync('/run/systemd/system');

export const collectFacts = ({ prefix, serverAddress }: Pick<AgentConfig, 'prefix' | 'serverAddress'>): Facts => ({
  hostname: hostname().slice(0, 255),
  os: osName(),
  arch: arch(),
  kernel: release().slice(0, 128),
  cpus: availableParallelism(),
  memoryBytes: totalmem(),
  // Below a prefix the machine's other addresses belong to somebody else.
  addresses: prefix !== undefined && serverAddress !== undefined ? [serverAddress] : addresses(),
  systemd: hasSystemd(prefix),
  agentVersion: AGENT_VERSION,
  nodeVersion: process.version,
  ...(OWN_LAYOUT && { agentDigest: digestOf(OWN_LAYOUT.running) as NonNullable<Facts['agentDigest']> }),
  osFamilies: osFamilies().slice(0, 16).map((family) => family.slice(0, 32)),
  osVersion: osVersion(),
  diskFreeBytes: steadily('/', diskFree()),
  listeningPorts: lastingPorts(listeningPorts({ prefix, serverAddress })),
  ...inventory(prefix),
});

/** New at every boot of the machine; tells a restart of the agent from a restart of the machine. */
export const bootId = (): string => (readIfThere('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim();

/** What the control plane compares, to know whether it has these. */
export const digestOfFacts = (facts: Facts): NonNullable<Facts['agentDigest']> => `sha256:${createHash('sha256').update(canonicalJson(facts)).digest('hex')}` as NonNullable<Facts['agentDigest']>;
