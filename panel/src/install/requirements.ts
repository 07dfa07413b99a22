/** What an installer needs against what this server has, with numbers; a server that cannot say is not refused. */
import type { Installer, LiveServer, Sample } from '../api/types.ts';
import { strings } from '../strings.ts';
import { formatBytes } from '../ui/time.ts';

export type Requirement = { readonly id: 'system' | 'memory' | 'disk'; readonly state: 'met' | 'unmet' | 'unknown'; readonly text: string };

const t = strings.requirements;
const MEGABYTE = 1_048_576;

const system = (installer: Installer, server: LiveServer): Requirement => {
  const { families } = installer.os_requirements;
  if (families.includes('any')) return { id: 'system', state: 'met', text: t.anySystem };
  const met = families.some((family) => server.image.startsWith(family));
  return { id: 'system', state: met ? 'met' : 'unmet', text: t.system(families.join(' / '), server.image) };
};

const amount = (id: 'memory' | 'disk', neededMb: number, bytes: number | undefined): Requirement[] => {
  if (neededMb === 0) return [];
  const needed = t[id](formatBytes(neededMb * MEGABYTE));
  if (bytes === undefined) return [{ id, state: 'unknown', text: needed }];
  const has = formatBytes(bytes);
  return [{ id, state: bytes >= neededMb * MEGABYTE ? 'met' : 'unmet', text: `${needed}, ${id === 'memory' ? t.total(has) : t.free(has)}` }];
};

export const requirementsOf = (installer: Installer, server: LiveServer, last: Sample | undefined): Requirement[] => [
  system(installer, server),
  ...amount('memory', installer.resource_requirements.memory_mb, last?.memoryTotalBytes),
  ...amount('disk', installer.resource_requirements.disk_mb, last && last.diskTotalBytes - last.diskUsedBytes),
];
