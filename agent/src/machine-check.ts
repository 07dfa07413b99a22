/** The last look at the machine itself before a script runs: what agent-mgmt knew may be minutes old. */
import { mayBeIgnored, preflight, type InputValue, type InstallerAction, type InstallerManifest, type Machine } from '@citrus/contracts';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { JobRefused } from './bundle.ts';
import { diskFree, listeningPorts } from './capacity.ts';
import type { AgentConfig } from './config.ts';
import { hasSystemd, osFamilies, osName, osVersion } from './facts.ts';

type Asked = { readonly config: AgentConfig; readonly action: InstallerAction; readonly values: Readonly<Record<string, InputValue>> };

/** Once a script of this installer has run here, what listens may be its own. */
const mayListenItself = ({ config }: Asked, { id }: InstallerManifest): boolean => existsSync(join(config.stateDir, 'apps', id));

/** Read for nobody else: a table of many connections takes longer than all the rest. */
const asksForPorts = ({ requires }: InstallerManifest): boolean => requires.ports_free.length > 0;

const machineNow = (asked: Asked, manifest: InstallerManifest): Machine => ({
  os: osName(), osFamilies: osFamilies(), osVersion: osVersion(), arch: arch(), systemd: hasSystemd(asked.config.prefix),
  diskFreeBytes: diskFree(), listeningPorts: asksForPorts(manifest) && !mayListenItself(asked, manifest) ? listeningPorts(asked.config) : undefined,
});

/** @throws JobRefused that names everything that is missing. Whether too little memory is enough was decided by whoever asked. */
export const checkMachine = (manifest: InstallerManifest, asked: Asked): void => {
  const unmet = preflight(manifest, machineNow(asked, manifest), asked).filter((each) => each.state === 'unmet' && !mayBeIgnored(each));
  if (unmet.length > 0) throw new JobRefused(`this server does not have what ${manifest.id} needs: ${unmet.map(({ text }) => text).join('; ')}`);
};
