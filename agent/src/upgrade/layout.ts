/**
 * Where the versions of the agent lie: side by side in `versions/<build>`, each never written to again once it is there.
 * `current` points at the one that works; `trial`, `confirmed` and `reverted` are what it and `launch.sh` tell each other.
 */
import type { AgentBuild } from '@citrus/contracts';
import { readlinkSync, realpathSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';

export type Layout = {
  readonly programDir: string;
  /** The folder in `versions` of the program that runs. */
  readonly running: string;
};

const PLACE = /^(?<programDir>.*)\/versions\/(?<running>[0-9a-f]{64}-[0-9a-f]{16})\/agent\.mjs$/;

/** Undefined for an agent that was installed in another way: it cannot be exchanged by itself. */
export const layoutOf = (programFile: string): Layout | undefined => {
  const found = PLACE.exec(programFile)?.groups as Layout | undefined;
  return found && { programDir: found.programDir, running: found.running };
};

const ownProgram = (): string => {
  try {
    return realpathSync(process.argv[1] ?? '');
  } catch {
    return '';
  }
};
export const OWN_LAYOUT = layoutOf(ownProgram());

const hexOf = (digest: string): string => digest.slice('sha256:'.length);

export const runtimeFor = ({ runtimes }: AgentBuild, architecture: string = arch()) => (architecture === 'x64' || architecture === 'arm64' ? runtimes[architecture] : undefined);

/** The program's digest and the beginning of its runtime's: another runtime is another version. */
export const folderOf = (agentDigest: string, runtimeDigest: string): string => `${hexOf(agentDigest)}-${hexOf(runtimeDigest).slice(0, 16)}`;
export const digestOf = (folder: string): string => `sha256:${folder.slice(0, 64)}`;
export const isSameRuntime = (one: string, other: string): boolean => one.slice(65) === other.slice(65);

export const placeOf = ({ programDir }: Layout, folder: string): string => join(programDir, 'versions', folder);
export const fileOf = ({ programDir }: Layout, name: 'trial' | 'confirmed' | 'reverted' | 'current'): string => join(programDir, name);

/** The folder that `current` points at. */
export const currentOf = (layout: Layout): string => readlinkSync(fileOf(layout, 'current')).replace(/^versions\//, '');
